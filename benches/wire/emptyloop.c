/* The unit of docs/live-performance.md: what any libpcap program pays on a live interface before it does
 * anything. Counts frames, and looks at one byte of each, as whatever does anything must: without it the
 * frames would not even be brought to this processor.
 *
 *     cc -O2 -o emptyloop emptyloop.c -lpcap && ./emptyloop poll|block IFACE RING_MIB SNAPLEN
 *
 * `poll` reads without waiting and then waits in poll(2), as sekisho does; `block` waits in libpcap. Says
 * `capturing` when it does. SIGTERM or SIGINT ends it; then it prints what it took and what was dropped.
 */
#include <pcap/pcap.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LATENCY_MS = 50 };

static volatile sig_atomic_t ended;
static pcap_t *capture;
static unsigned long long frames;
static volatile unsigned long sum;

static void end(int signal)
{
    (void)signal;
    ended = 1;
    pcap_breakloop(capture);
}

static void count(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    (void)user;
    frames++;
    if (header->caplen > 26)
        sum += bytes[26];
}

int main(int argc, char **argv)
{
    char error[PCAP_ERRBUF_SIZE] = "usage: emptyloop poll|block IFACE RING_MIB SNAPLEN";
    const struct sigaction action = {.sa_handler = end};
    struct pcap_stat stat = {0};
    int blocks, delivered = 0;

    capture = argc == 5 ? pcap_create(argv[2], error) : NULL;
    if (capture == NULL) {
        fprintf(stderr, "%s\n", error);
        return 2;
    }
    blocks = strcmp(argv[1], "block") == 0;
    pcap_set_snaplen(capture, atoi(argv[4]));
    pcap_set_buffer_size(capture, atoi(argv[3]) << 20);
    pcap_set_promisc(capture, 1);
    pcap_set_timeout(capture, LATENCY_MS);
    pcap_set_tstamp_precision(capture, PCAP_TSTAMP_PRECISION_NANO);
    if (pcap_activate(capture) < 0 || (!blocks && pcap_setnonblock(capture, 1, error) < 0)) {
        fprintf(stderr, "%s\n", pcap_geterr(capture));
        return 1;
    }
    /* Without SA_RESTART: what waits returns. */
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    fprintf(stderr, "capturing\n");
    while (!ended && delivered >= 0) {
        struct pollfd wait = {.fd = pcap_get_selectable_fd(capture), .events = POLLIN};

        delivered = pcap_dispatch(capture, -1, count, NULL);
        if (!blocks && delivered == 0)
            poll(&wait, 1, LATENCY_MS);
    }
    /* What came before the end was asked for, up to the last block, which is handed over by now. */
    if (pcap_setnonblock(capture, 1, error) == 0) {
        usleep(2 * LATENCY_MS * 1000);
        while (pcap_dispatch(capture, -1, count, NULL) > 0)
            ;
    }
    pcap_stats(capture, &stat);
    printf("%llu frames, %u dropped\n", frames, stat.ps_drop);
    pcap_close(capture);
    return 0;
}
