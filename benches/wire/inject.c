/* Sends frames up the stack of an interface as if its card had received them, without a card, a sender's
 * stack or a queue, at millions a second: the kernel runs a program on frame after frame
 * (BPF_PROG_TEST_RUN with BPF_F_TEST_XDP_LIVE_FRAMES), and what the program passes goes on to the taps.
 * The program is a few instructions, given here by number, so no BPF compiler or library is needed.
 *
 *     cc -O2 -o inject inject.c && ./inject IFACE BYTES RATE SECONDS [turning]
 *
 * A run of the program takes tens of milliseconds to set up, so there is one for all frames, and where a
 * rate is asked for the program itself drops what is too early. The processor is busy all the same. Needs
 * Linux 5.18 and root. Prints how many frames were passed on, exactly, and in what time.
 */
#include "flows.h"

#include <linux/bpf.h>
#include <net/if.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

enum {
    /* Frames of one look at the clock, at most. */
    BURST = 64,
    /* What was missed for longer than this is not made up for. */
    LATE_NANOS = 1000000,
};

/* A map of one value, which the program and this process share. */
struct shared {
    uint64_t sent;
    /* How many more may pass before the next look at the clock, and when that may be. */
    uint64_t left, next;
    struct flow flows[FLOWS];
};
_Static_assert(sizeof(struct flow) == 16, "the program copies two words");

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
    return (int)syscall(SYS_bpf, command, attr, sizeof *attr);
}

static struct bpf_insn insn(int code, int to, int from, int offset, int value)
{
    return (struct bpf_insn){.code = (uint8_t)code, .dst_reg = to & 15, .src_reg = from & 15, .off = (int16_t)offset, .imm = value};
}

#define SET(to, from) insn(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0)
#define SET_TO(to, value) insn(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value)
#define ADD(to, from) insn(BPF_ALU64 | BPF_ADD | BPF_X, to, from, 0, 0)
#define ADD_TO(to, value) insn(BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, value)
#define SHIFT_LEFT(to, bits) insn(BPF_ALU64 | BPF_LSH | BPF_K, to, 0, 0, bits)
#define LOAD(to, from, offset) insn(BPF_LDX | BPF_DW | BPF_MEM, to, from, offset, 0)
#define LOAD_WORD(to, from, offset) insn(BPF_LDX | BPF_W | BPF_MEM, to, from, offset, 0)
#define STORE(to, offset, from) insn(BPF_STX | BPF_DW | BPF_MEM, to, from, offset, 0)
#define CALL(function) insn(BPF_JMP | BPF_CALL, 0, 0, 0, function)
#define RETURN insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* Makes each frame one of a flow drawn at random, and drops those before their time. Register 6 is the
 * context, 7 the shared value. */
static int load(int map, const struct asked *asked)
{
    const double rate = asked->rate;
    /* One at a time at low rates: every look at the clock costs a tenth of what a frame does. */
    const int burst = rate < 15625 ? 1 : rate < BURST * 15625 ? (int)(rate / 15625) : BURST;
    const int nanos = rate > 0 ? (int)(burst / rate * 1e9 + 0.5) : 0;
    const struct bpf_insn begin[] = {
        SET(6, 1),
        insn(BPF_LD | BPF_DW | BPF_IMM, 7, BPF_PSEUDO_MAP_VALUE, 0, map),
        insn(0, 0, 0, 0, 0),
    };
    const struct bpf_insn pace[] = {
        /* 8: how many may pass; if none, the time decides */
        LOAD(8, 7, offsetof(struct shared, left)),
        insn(BPF_JMP | BPF_JNE | BPF_K, 8, 0, 12, 0),
        CALL(BPF_FUNC_ktime_get_ns),
        LOAD(1, 7, offsetof(struct shared, next)),
        insn(BPF_JMP | BPF_JGE | BPF_X, 0, 1, 2, 0),
        SET_TO(0, XDP_DROP),
        RETURN,
        /* 1: when the next may, counted from now where it is late */
        ADD_TO(1, nanos),
        SET(2, 1),
        ADD_TO(2, LATE_NANOS),
        insn(BPF_JMP | BPF_JGE | BPF_X, 2, 0, 1, 0),
        SET(1, 0),
        STORE(7, offsetof(struct shared, next), 1),
        SET_TO(8, burst),
        ADD_TO(8, -1),
        STORE(7, offsetof(struct shared, left), 8),
    };
    const struct bpf_insn pass[] = {
        /* 8: the frame. None is too short, but the kernel wants to be sure. */
        LOAD_WORD(8, 6, offsetof(struct xdp_md, data)),
        LOAD_WORD(3, 6, offsetof(struct xdp_md, data_end)),
        SET(2, 8),
        ADD_TO(2, DIFFERS + sizeof(struct flow)),
        SET_TO(0, XDP_ABORTED),
        insn(BPF_JMP | BPF_JGT | BPF_X, 2, 3, 20, 0),
        LOAD(1, 7, offsetof(struct shared, sent)),
        ADD_TO(1, 1),
        STORE(7, offsetof(struct shared, sent), 1),
        SET(9, 1),
        CALL(BPF_FUNC_get_prandom_u32),
        insn(BPF_ALU64 | BPF_AND | BPF_K, 0, 0, 0, FLOWS - 1),
        /* 9: how often the flow has turned, where its source port is in the second word */
        SET(1, 0),
        SHIFT_LEFT(1, TURN - 16),
        ADD(9, 1),
        insn(BPF_ALU64 | BPF_RSH | BPF_K, 9, 0, 0, asked->turning ? TURN : 63),
        insn(BPF_ALU64 | BPF_AND | BPF_K, 9, 0, 0, UINT16_MAX),
        SHIFT_LEFT(9, 16),
        SHIFT_LEFT(0, 4),
        ADD(7, 0),
        LOAD(1, 7, offsetof(struct shared, flows)),
        STORE(8, DIFFERS, 1),
        LOAD(1, 7, offsetof(struct shared, flows) + 8),
        insn(BPF_ALU64 | BPF_XOR | BPF_X, 1, 9, 0, 0),
        STORE(8, DIFFERS + 8, 1),
        SET_TO(0, XDP_PASS),
        RETURN,
    };
    struct bpf_insn code[(sizeof begin + sizeof pace + sizeof pass) / sizeof(struct bpf_insn)];
    const size_t paced = rate > 0 ? sizeof pace : 0;
    static char log[16384];
    union bpf_attr program = {
        .prog_type = BPF_PROG_TYPE_XDP,
        .insns = (uintptr_t)code,
        .insn_cnt = (uint32_t)((sizeof begin + paced + sizeof pass) / sizeof *code),
        .license = (uintptr_t) "MIT",
        .log_buf = (uintptr_t)log,
        .log_size = sizeof log,
        .log_level = 1,
    };
    int fd;

    memcpy(code, begin, sizeof begin);
    memcpy((char *)code + sizeof begin, pace, paced);
    memcpy((char *)code + sizeof begin + paced, pass, sizeof pass);
    fd = bpf(BPF_PROG_LOAD, &program);
    if (fd < 0) {
        fputs(log, stderr);
        fail("no program");
    }
    return fd;
}

static struct shared *share(int *map)
{
    union bpf_attr create = {
        .map_type = BPF_MAP_TYPE_ARRAY,
        .key_size = 4,
        .value_size = sizeof(struct shared),
        .max_entries = 1,
        .map_flags = BPF_F_MMAPABLE,
    };
    void *shared;

    *map = bpf(BPF_MAP_CREATE, &create);
    if (*map < 0)
        fail("no map (root?)");
    shared = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED, *map, 0);
    if (shared == MAP_FAILED)
        fail("no map here");
    return shared;
}

int main(int argc, char **argv)
{
    const struct asked asked = ask(argc, argv);
    static uint8_t frame[LONGEST];
    struct xdp_md context = {
        .data_end = (uint32_t)asked.bytes,
        .ingress_ifindex = if_nametoindex(asked.interface),
    };
    union bpf_attr run = {
        .test = {
            .data_in = (uintptr_t)frame,
            .data_size_in = (uint32_t)asked.bytes,
            .ctx_in = (uintptr_t)&context,
            .ctx_size_in = sizeof context,
            .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
            /* Until it is interrupted. */
            .repeat = INT32_MAX,
        },
    };
    struct itimerval timer = {0};
    struct shared *shared;
    uint64_t begun;
    int map;

    if (context.ingress_ifindex == 0)
        fail(asked.interface);
    shared = share(&map);
    prepare(frame, asked.bytes, shared->flows);
    run.test.prog_fd = (uint32_t)load(map, &asked);
    timer.it_value.tv_sec = (time_t)asked.seconds;
    timer.it_value.tv_usec = (suseconds_t)((asked.seconds - (double)timer.it_value.tv_sec) * 1e6);
    setitimer(ITIMER_REAL, &timer, NULL);
    begun = now();
    while (!ended)
        if (bpf(BPF_PROG_TEST_RUN, &run) < 0 && errno != EINTR)
            fail("cannot send (Linux before 5.18?)");
    return said(shared->sent, now() - begun);
}
