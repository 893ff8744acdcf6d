"""Prints what the packet oracle says of every frame of the given captures, for decode_oracle.rs.

    python3 decode_oracle.py FOLDER_OF_THE_ORACLE CAPTURE...

One line a frame, tab-separated: file, number, link type, wire length, bytes (hex), whether an error
ended the descent, whether either answer is accepted, the oracle's path, and one field a layer.
"""

import ipaddress
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import pktoracle
import verdict


def number(address):
    return format(int(ipaddress.ip_address(address)), "x")


def layer(ip):
    fragment = "later" if ip.later else "first" if ip.frag else "whole"
    return ",".join(
        str(field)
        for field in (
            ip.ver,
            number(ip.src),
            number(ip.dst),
            ip.proto,
            ip.sport,
            ip.dport,
            ip.iplen,
            fragment,
            ip.fid if ip.frag else "-",
            "-" if ip.flags is None else ip.flags,
            "-" if ip.icmp is None else "%d.%d" % ip.icmp,
            number(ip.quoted[1]) + "." + number(ip.quoted[3]) if ip.quoted else "-",
            number(ip.final) if ip.final else "-",
        )
    )


# The last step of a path behind which a tunnel holds something that is not decoded as IP.
ENDS = set(
    "gre gre1 geneve nsh ppp chdlc llc snap ethertype macsec 802.11 pw mpls arp rarp lldp eapol cfm "
    "ptp ipx pppoe novell 802.3raw af sll gtpu".split()
)


def either(record, packet):
    steps = {step.split(":")[0] for step in packet.stack}
    extensions = sum(step.startswith("ext") for step in packet.stack)
    return (
        bool(steps & verdict.EXOTIC)
        or record.lt in verdict.ODD_LINKS
        or any(set(ip.err) & verdict.LIES for ip in packet.ips)
        or extensions > 8
        or sum(step.startswith("vlan") for step in packet.stack) > 8
        or any(ip.proto in (55, 94, 98, 108, 115) for ip in packet.ips)
        or any(ip.proto == 17 and ip.dport in (5246, 5247, 4341, 4342, 5072) for ip in packet.ips)
        or packet.stack[-1].split("-")[0] in ENDS
    )


for path in sys.argv[2:]:
    parser = pktoracle.Parser()
    try:
        raw, _ = pktoracle.load(path)
    except ImportError:
        continue
    for record in pktoracle.read_file(raw, {}):
        packet = parser.parse(record.lt, record.data, record.olen)
        print(
            os.path.basename(path),
            record.idx,
            record.lt,
            record.olen,
            record.data.hex(),
            int(bool(packet.err)),
            int(either(record, packet)),
            "/".join(packet.stack) + " " + ",".join(packet.err + [e for ip in packet.ips for e in ip.err]),
            *map(layer, packet.ips),
            sep="\t",
        )
