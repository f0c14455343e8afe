# What a hostile program tries, from inside a network namespace. Prints one line: what came of it.
import errno, os, socket, struct, sys, time

BOUND = float(os.environ.get("PATIENCE", "10"))  # seconds


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def outcome(attempt):
    try:
        return attempt()
    except socket.timeout:
        return "timeout"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))


def tcp(address, port, seconds=BOUND, source="0", device="", payload=""):
    s = socket.socket(family(address), socket.SOCK_STREAM)
    s.settimeout(float(seconds))
    if device:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    if source != "0":
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("", int(source)))
    s.connect((address, int(port)))
    if payload:
        s.sendall(payload.encode())
    return s.recv(200).decode().strip() or "closed"


def tell(address, port, text):
    """Says something before it listens; all that comes back, on one line."""
    s = socket.create_connection((address, int(port)), BOUND)
    s.sendall(text.encode())
    heard = b""
    while piece := s.recv(200):
        heard += piece
    return " ".join(heard.decode().split("\n")).strip()


def connected(address, port, source):
    s = socket.socket(family(address), socket.SOCK_STREAM)
    s.settimeout(BOUND)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("", source))
    s.connect((address, int(port)))
    return s


def twins(*places):
    """Connections to all places from one and the same port: who answers each."""
    sockets = [connected(places[at], places[at + 1], 19999) for at in range(0, len(places), 2)]
    return " ".join(outcome(lambda: s.recv(200).decode().split(" ")[0]) or "closed" for s in sockets)


def crowd(count, *places):
    """`count` connections to each place, all open before the first is listened to: how many came where they should."""
    sockets = {}
    source = 20000
    for _ in range(int(count)):
        for at in range(0, len(places), 2):
            source += 1  # one each: two that left from one port would be another test
            sockets.setdefault(at, []).append(connected(places[at], places[at + 1], source))
    lines = []
    for at in sorted(sockets):
        names = {}
        for s in sockets[at]:
            name = outcome(lambda: s.recv(200).decode().split(" ")[0])
            names[name] = names.get(name, 0) + 1
        lines.append(",".join("%s=%d" % item for item in sorted(names.items())))
    return " ".join(lines)


def udp(address, port, device=""):
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    s.settimeout(BOUND)
    if device:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    s.connect((address, int(port)))
    s.send(b"out")
    return s.recv(200).decode().strip()


def udp_soon(address, port):
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    s.settimeout(2)
    s.sendto(b"in", (address, int(port)))
    return s.recv(200).decode().strip()


def hear(address, port):
    """Whether a datagram comes in."""
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    s.settimeout(2)
    s.bind((address, int(port)))
    print("ready", flush=True)
    return s.recv(200).decode()


def send_udp(address, port, device=""):
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    if device:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    s.sendto(b"out", (address, int(port)))
    return "sent"


def link_local(address):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.sendto(b"out", (address, 443, 0, socket.if_nametoindex("eth0")))
    return "sent"


def broadcast():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.sendto(b"out", ("255.255.255.255", 443))
    return "sent"


def join(group, own):
    """The kernel tells the link of groups that its programs choose (IGMP, MLD)."""
    s = socket.socket(family(group), socket.SOCK_DGRAM)
    if ":" in group:
        index = struct.pack("I", socket.if_nametoindex("eth0"))
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, group) + index)
    else:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(own))
    return "joined"


def by_device(address, port):
    """As a socket bound to a device, but for one datagram (IP_PKTINFO)."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    info = struct.pack("I8x", socket.if_nametoindex("eth0"))
    s.sendmsg([b"out"], [(socket.IPPROTO_IP, 8, info)], 0, (address, int(port)))
    return "sent"


def udp_lite(address, port):
    s = socket.socket(family(address), socket.SOCK_DGRAM, 136)
    s.sendto(b"out", (address, int(port)))
    return "sent"


def multipath(address, port):
    s = socket.socket(family(address), socket.SOCK_STREAM, 262)
    s.settimeout(BOUND)
    s.connect((address, int(port)))
    return s.recv(200).decode().strip()


def fast_open(address, port):
    """Data in the SYN."""
    s = socket.socket(family(address), socket.SOCK_STREAM)
    s.settimeout(BOUND)
    s.sendto(b"out", 0x20000000, (address, int(port)))
    return s.recv(200).decode().strip()


def ping(address):
    v6 = ":" in address
    s = socket.socket(family(address), socket.SOCK_DGRAM, socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP)
    s.sendto(struct.pack("!BBHHH", 128 if v6 else 8, 0, 0, 1, 1) + b"out", (address, 0))
    return "sent"


def raw(address):
    s = socket.socket(family(address), socket.SOCK_RAW, 253)
    s.sendto(b"out", (address, 0))
    return "sent"


def sctp(address):
    s = socket.socket(family(address), socket.SOCK_STREAM, 132)
    s.settimeout(2)
    s.connect((address, 9))
    return "connected"


def packet():
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3)
    return "opened"


def setuid(uid):
    os.setuid(int(uid))
    return "is " + uid


def many(address, port, count):
    """How many connections of `count` are open at the same time; a dropped SYN stays without an answer."""
    open_ones = []
    for _ in range(int(count)):
        s = socket.socket(family(address), socket.SOCK_STREAM)
        s.setblocking(False)
        s.connect_ex((address, int(port)))
        open_ones.append(s)
    # Loopback answers at once: a second connection that is taken later says that the first ones have been.
    time.sleep(0.2)
    connected = 0
    for s in open_ones:
        try:
            s.getpeername()
            connected += 1
        except OSError:
            pass
    return str(connected)


def queries(address, count):
    """How many datagrams to port 53 of `count`, each from a port of its own, are sent and not dropped."""
    sent = 0
    for _ in range(int(count)):
        s = socket.socket(family(address), socket.SOCK_DGRAM)
        try:
            s.sendto(b"q", (address, 53))
            sent += 1
        except PermissionError:
            pass
    return str(sent)


def pour(address, port, size):
    """Sends more than anybody reads yet, and ends: the kernel has to bring the rest."""
    s = socket.socket(family(address), socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * int(size))
    s.connect((address, int(port)))
    s.sendall(b"x" * int(size))
    s.close()
    return "sent"


def serve(*places):
    """Answers every connection with who asks and where, every datagram with `udp`; says `ready` and goes on."""
    import selectors

    ready = selectors.DefaultSelector()
    for place in places:
        kind, address, port = place.split(",")
        s = socket.socket(family(address), socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if ":" in address:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        s.bind((address, int(port)))
        if kind == "tcp":
            s.listen(1024)
        ready.register(s, selectors.EVENT_READ, kind)
    print("ready", flush=True)
    kept = []
    while True:
        for key, _ in ready.select():
            s = key.fileobj
            if key.data == "tcp":
                connection, _ = s.accept()
                local = connection.getsockname()
                connection.sendall(("tcp %s %d\n" % (local[0], local[1])).encode())
                kept.append(connection)
            else:
                _, peer = s.recvfrom(2000)
                s.sendto(b"udp", peer)


def drain(address, port, size):
    """Takes one connection, reads nothing until told to, then everything; says how much came."""
    listener = socket.socket(family(address), socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listener.bind((address, int(port)))
    listener.listen(1)
    print("ready", flush=True)
    connection, _ = listener.accept()
    sys.stdin.readline()
    connection.settimeout(BOUND)
    got = 0
    while got < int(size):
        piece = connection.recv(65536)
        if not piece:
            break
        got += len(piece)
    return str(got)


if __name__ == "__main__":
    print(outcome(lambda: globals()[sys.argv[1]](*sys.argv[2:])), flush=True)
