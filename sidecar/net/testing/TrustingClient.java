import java.io.InputStream;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** Dials `host port` with what its options make it trust, name verified, and prints what it is told or why it trusts nobody. */
public class TrustingClient {
    public static void main(String[] args) throws Exception {
        try (SSLSocket socket = (SSLSocket) SSLSocketFactory.getDefault()
                .createSocket(args[0], Integer.parseInt(args[1]))) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            InputStream in = socket.getInputStream();
            System.out.println(new String(in.readAllBytes()));
        } catch (javax.net.ssl.SSLException refused) {
            System.out.println("refused: " + refused.getMessage());
        }
    }
}
