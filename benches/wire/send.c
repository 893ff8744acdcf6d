/* Sends frames through a packet socket: at low rates, where the program of inject.c would keep a processor
 * busy with waiting.
 *
 *     cc -O2 -o send send.c && ./send IFACE BYTES RATE SECONDS [turning]
 *
 * Prints how many frames were sent, exactly, and in what time.
 */
#define _GNU_SOURCE
#include "flows.h"

#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum {
    /* Frames handed to the kernel at once, at most. */
    BATCH = 64,
    PAUSE_NANOS = 1000000,
};

static int open_socket(const char *interface)
{
    const struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_ifindex = (int)if_nametoindex(interface),
    };
    /* No protocol: it receives nothing. */
    const int fd = socket(AF_PACKET, SOCK_RAW, 0), on = 1;

    if (fd < 0 || address.sll_ifindex == 0 || bind(fd, (const void *)&address, sizeof address) < 0)
        fail(interface);
    if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) < 0)
        fail("cannot pass by the queue");
    return fd;
}

int main(int argc, char **argv)
{
    const struct asked asked = ask(argc, argv);
    const int fd = open_socket(asked.interface);
    static struct flow flows[FLOWS];
    static uint8_t frames[BATCH][LONGEST];
    struct iovec parts[BATCH];
    struct mmsghdr messages[BATCH] = {0};
    const uint64_t begun = now();
    uint64_t sent = 0, passed;

    for (int at = 0; at < BATCH; at++) {
        prepare(frames[at], asked.bytes, flows);
        parts[at] = (struct iovec){.iov_base = frames[at], .iov_len = (size_t)asked.bytes};
        messages[at].msg_hdr.msg_iov = &parts[at];
        messages[at].msg_hdr.msg_iovlen = 1;
    }
    /* Wakes when it is time, not when it is convenient. */
    prctl(PR_SET_TIMERSLACK, 1UL);
    while (!ended && (double)(passed = now() - begun) < asked.seconds * 1e9) {
        const double due = asked.rate > 0 ? asked.rate * (double)passed / 1e9 : (double)sent + BATCH;
        const int batch = due - (double)sent < BATCH ? (int)(due - (double)sent) : BATCH;
        int taken;

        if (batch <= 0) {
            nanosleep(&(struct timespec){.tv_nsec = PAUSE_NANOS}, NULL);
            continue;
        }
        for (int at = 0; at < batch; at++) {
            const uint32_t which = random32() % FLOWS;
            struct flow flow = flows[which];

            if (asked.turning)
                flow.source_port ^= (uint16_t)((sent + ((uint64_t)which << (TURN - 16))) >> TURN);
            memcpy(frames[at] + DIFFERS, &flow, sizeof flow);
        }
        taken = sendmmsg(fd, messages, (unsigned)batch, 0);
        if (taken < 0 && errno != EINTR && errno != ENOBUFS)
            fail("cannot send");
        sent += taken > 0 ? (uint64_t)taken : 0;
    }
    return said(sent, now() - begun);
}
