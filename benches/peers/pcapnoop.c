/* The unit of docs/performance.md: what any libpcap program pays before it does anything. Hands every
 * packet of a capture to a function that does nothing.
 *
 *     cc -O2 -o pcapnoop pcapnoop.c -lpcap && ./pcapnoop CAPTURE
 */
#include <pcap/pcap.h>
#include <stdio.h>

static void nothing(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    (void)user;
    (void)header;
    (void)bytes;
}

int main(int argc, char **argv)
{
    char error[PCAP_ERRBUF_SIZE] = "which capture?";
    pcap_t *capture = argc == 2 ? pcap_open_offline(argv[1], error) : NULL;
    int delivered;

    if (capture == NULL) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    do {
        delivered = pcap_dispatch(capture, -1, nothing, NULL);
    } while (delivered > 0);
    if (delivered < 0)
        fprintf(stderr, "%s\n", pcap_geterr(capture));
    pcap_close(capture);
    return delivered < 0;
}
