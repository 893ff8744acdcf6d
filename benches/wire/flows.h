/* The frames that are sent: UDP over IPv4, of 65,536 flows whose ends are spread as in the traces of
 * benches/measure, the same ones in every run. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    FLOWS = 1 << 16,
    SHORTEST = 14 + 20 + 8,
    LONGEST = 1518,
    /* Where the IPv4 checksum is. From here to the end of the UDP length, frames differ by flow. */
    DIFFERS = 24,
    /* Where flows turn, each becomes another one, on another port, every 2^24 frames, one flow after the
     * other: after 256 frames of its own on average. */
    TURN = 24,
};

/* What differs, as it stands in the frame. */
struct flow {
    uint16_t checksum;
    uint32_t source, target;
    uint16_t source_port, target_port, length;
} __attribute__((packed));

static volatile sig_atomic_t ended;

static void end(int signal)
{
    (void)signal;
    ended = 1;
}

static void fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static uint32_t random32(void)
{
    static uint64_t state = 1;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32);
}

/* A host in one of some blocks about whose country tables agree. */
static uint32_t at_home(void)
{
    static const uint32_t blocks[] = {0x85000000 /* 133/8 */, 0x99800000 /* 153.128/9 */, 0x7e400000 /* 126.64/10 */};

    return blocks[random32() % 3] | (random32() & 0x3fffff);
}

static uint32_t abroad(void)
{
    static const uint32_t blocks[] = {0x0c000000 /* US, 12/8 */, 0x4fc00000 /* DE, 79.192/10 */, 0x79800000 /* KR, 121.128/10 */};

    return blocks[random32() % 3] | (random32() & 0x3fffff);
}

static uint32_t private(void)
{
    return 0x0a140000 /* 10.20/16 */ | (random32() & 0xffff);
}

/* 45 % within home, 35 % between home and abroad, 15 % abroad, 5 % with a private end. */
static void draw(struct flow *flow)
{
    const uint32_t kind = random32() % 100;
    const uint32_t one = kind < 80 ? at_home() : kind < 95 ? abroad() : private();
    const uint32_t other = kind < 45 ? at_home() : abroad();
    const int turned = random32() & 1;

    flow->source = htonl(turned ? other : one);
    flow->target = htonl(turned ? one : other);
    flow->source_port = htons((uint16_t)(1024 + random32() % 60000));
    flow->target_port = htons(random32() & 1 ? 53 : 443);
}

/* The sum of 16 bits in ones' complement (RFC 1071). */
static uint16_t checksum(const uint8_t *bytes, size_t length)
{
    uint32_t sum = 0;

    for (size_t at = 0; at < length; at += 2)
        sum += (uint32_t)(bytes[at] << 8 | bytes[at + 1]);
    sum = (sum & 0xffff) + (sum >> 16);
    sum += sum >> 16;
    return htons((uint16_t)~sum);
}

/* Writes a frame of so many bytes, and what its flow makes of it for each flow. */
static void prepare(uint8_t *frame, int bytes, struct flow *flows)
{
    /* To a station that is not there: taps see it in promiscuous mode, and the stack drops it. */
    static const uint8_t ethernet[14] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};
    const uint16_t ip_length = htons((uint16_t)(bytes - 14));

    memcpy(frame, ethernet, sizeof ethernet);
    frame[14] = 0x45;
    memcpy(frame + 16, &ip_length, 2);
    frame[22] = 64;
    frame[23] = IPPROTO_UDP;
    for (int at = 0; at < FLOWS; at++) {
        struct flow flow = {.length = htons((uint16_t)(bytes - 34))};

        draw(&flow);
        memcpy(frame + DIFFERS, &flow, sizeof flow);
        flow.checksum = checksum(frame + 14, 20);
        flows[at] = flow;
    }
}

/* IFACE BYTES RATE SECONDS [turning], and signals that end early. */
struct asked {
    const char *interface;
    int bytes;
    /* Frames a second; 0 for as many as go. */
    double rate;
    double seconds;
    int turning;
};

static struct asked ask(int argc, char **argv)
{
    const struct sigaction action = {.sa_handler = end};
    struct asked asked = {0};

    if (argc == 5 || (argc == 6 && strcmp(argv[5], "turning") == 0))
        asked = (struct asked){argv[1], atoi(argv[2]), atof(argv[3]), atof(argv[4]), argc == 6};
    if (asked.bytes < SHORTEST || asked.bytes > LONGEST || asked.rate < 0 || asked.seconds <= 0) {
        fprintf(stderr, "usage: %s IFACE %d..%d RATE SECONDS [turning]\n", argv[0], SHORTEST, LONGEST);
        exit(2);
    }
    /* Without SA_RESTART: what is under way returns. */
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
    return asked;
}

static int said(uint64_t frames, uint64_t nanos)
{
    printf("%llu frames in %.6f s\n", (unsigned long long)frames, (double)nanos / 1e9);
    return 0;
}
