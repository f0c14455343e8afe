// Asks Java's own DNS provider, and then what every Java program uses.
import java.net.InetAddress;
import java.util.Hashtable;
import javax.naming.directory.Attribute;
import javax.naming.directory.InitialDirContext;

public class LookUp {
  public static void main(String[] names) throws Exception {
    for (String name : names) {
      try {
        StringBuilder line = new StringBuilder(name);
        for (InetAddress one : InetAddress.getAllByName(name)) line.append(' ').append(one.getHostAddress());
        System.out.println(line);
      } catch (java.net.UnknownHostException none) {
        System.out.println(name + " none");
      }
    }
    Hashtable<String, String> settings = new Hashtable<>();
    settings.put("java.naming.factory.initial", "com.sun.jndi.dns.DnsContextFactory");
    settings.put("java.naming.provider.url", "dns://127.77.0.53");
    Attribute found = new InitialDirContext(settings).getAttributes(names[0], new String[] {"A"}).get("A");
    System.out.println("jndi " + found.get());
  }
}
