# The blocks that a province's plan gives its sites, by Python's own ipaddress: of each a /48 with its first /64, a /24, two
# loopbacks, and two lines of a /127 and a /31. Prints seconds.
import ipaddress, sys, time

count = int(sys.argv[1])
start = time.perf_counter()
six = ipaddress.ip_network("2001:db8::/32")
lines6 = int(six.network_address) + (2 << 80)
sites = six.subnets(new_prefix=48)
lans4 = ipaddress.ip_network("10.16.0.0/12").supernet(new_prefix=8).subnets(new_prefix=24)
book = []
for n in range(count):
    block = next(sites)
    lan = next(block.subnets(new_prefix=64))
    lan4 = next(lans4)
    row = [str(block), str(lan), str(lan[1]), str(lan4), str(lan4[1])]
    row.append(str(ipaddress.IPv6Address(int(six.network_address) + (1 << 80) + (1 << 32) + n)))
    row.append(str(ipaddress.IPv4Address((10 << 24) + (1 << 16) + n)))
    for hub in range(2):
        at6 = lines6 + (1 << 32) + (n << 16) + (hub << 1)
        at4 = (10 << 24) + (8 << 16) + (((n << 4) + hub) << 1)
        for end in range(2):
            row.append(str(ipaddress.IPv6Address(at6 + end)))
            row.append(str(ipaddress.IPv4Address(at4 + end)))
    book.append(row)
print(time.perf_counter() - start)
