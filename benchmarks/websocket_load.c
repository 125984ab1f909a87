/* WebSocket clients that cost little: COUNT connections on one thread, told on standard input what to do.
 *
 *   cc -O2 -o websocket_load websocket_load.c && ./websocket_load PORT PATH COUNT OCTETS
 *
 * Once all are open it prints "open COUNT", then does what each line says and prints "frames N seconds S":
 *
 *   echo SECONDS IN_FLIGHT   each sends IN_FLIGHT binary messages of OCTETS octets with one write, waits until all have
 *                            come back, and sends them again; 0 seconds: once
 *   room SECONDS             the first sends one message, waits until every connection has got it, and sends the next
 *
 * Every octet that comes is compared with what was sent. It ends with its input. An answer that is wrong, or a connection
 * that the server ends, ends it with a line on standard error. Clients come from eight addresses of 127.0.0.0/8.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ADDRESSES = 8, MOST_EVENTS = 512, MOST_OCTETS = 65535, MOST_IN_FLIGHT = 64, INPUT_BYTES = 1 << 18, WAIT_MS = 10000 };

struct client {
    int socket;
    size_t got; /* octets of the frames that it waits for */
};

struct load {
    int epoll, clients;
    struct client *all;
    uint8_t *sent, *expected; /* frames: one masked as it is sent, IN_FLIGHT as they must come back */
    size_t sent_length, expected_length;
};

static const uint8_t mask[4] = {1, 2, 3, 4};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void die(const char *what) {
    fprintf(stderr, "websocket_load: %s (%s)\n", what, errno ? strerror(errno) : "no system error");
    exit(1);
}

static size_t write_head(uint8_t *frame, size_t octets, uint8_t mask_bit) {
    frame[0] = 0x82; /* FIN, binary */
    frame[1] = (uint8_t)(mask_bit | (octets < 126 ? octets : 126));
    if (octets < 126) return 2;
    frame[2] = (uint8_t)(octets >> 8);
    frame[3] = (uint8_t)octets;
    return 4;
}

static void make_frames(struct load *load, size_t octets) {
    if (octets > MOST_OCTETS) die("OCTETS: 65535 at most");
    load->sent = malloc((octets + 8) * MOST_IN_FLIGHT);
    load->expected = malloc((octets + 4) * MOST_IN_FLIGHT);
    size_t head = write_head(load->sent, octets, 128), bare = write_head(load->expected, octets, 0);
    memcpy(load->sent + head, mask, 4);
    for (size_t number = 0; number < octets; number++) {
        load->expected[bare + number] = (uint8_t)("abcdefgh"[number & 7]);
        load->sent[head + 4 + number] = load->expected[bare + number] ^ mask[number & 3];
    }
    load->sent_length = head + 4 + octets;
    load->expected_length = bare + octets;
    for (size_t number = 1; number < MOST_IN_FLIGHT; number++) {
        memcpy(load->sent + number * load->sent_length, load->sent, load->sent_length);
        memcpy(load->expected + number * load->expected_length, load->expected, load->expected_length);
    }
}

static int connect_from(int number, int port) {
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)(number % ADDRESSES))};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval most = {.tv_sec = WAIT_MS / 1000};
    int one = 1, made = socket(AF_INET, SOCK_STREAM, 0);
    if (made < 0) die("socket");
    setsockopt(made, IPPROTO_IP, 24 /* IP_BIND_ADDRESS_NO_PORT */, &one, sizeof one);
    setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    if (bind(made, (struct sockaddr *)&from, sizeof from) || connect(made, (struct sockaddr *)&to, sizeof to)) die("connect");
    return made;
}

/* Octet by octet, so that nothing behind the answer is taken. */
static void shake_hands(int opened, const char *path, int port) {
    char head[4096];
    int length = snprintf(head, sizeof head,
                          "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                          path, port);
    if (send(opened, head, (size_t)length, MSG_NOSIGNAL) != length) die("handshake not sent");
    for (size_t got = 0; got < sizeof head - 1; got++) {
        if (recv(opened, head + got, 1, 0) != 1) die("handshake not answered");
        if (got > 12 && !memcmp(head + got - 3, "\r\n\r\n", 4)) {
            if (memcmp(head, "HTTP/1.1 101", 12)) die("handshake refused");
            return;
        }
    }
    die("handshake answered with an endless head");
}

static void open_all(struct load *load, int port, const char *path) {
    for (int number = 0; number < load->clients; number++) {
        struct client *client = &load->all[number];
        client->socket = connect_from(number, port);
        shake_hands(client->socket, path, port);
        fcntl(client->socket, F_SETFL, O_NONBLOCK);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
        if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, client->socket, &event)) die("epoll_ctl");
    }
}

static void say(struct load *load, struct client *client, int messages) {
    size_t length = load->sent_length * (size_t)messages;
    client->got = 0;
    if (send(client->socket, load->sent, length, MSG_NOSIGNAL) != (ssize_t)length) die("message not sent");
}

/* Returns 1 once the client has got `messages` frames. */
static int hear(struct load *load, struct client *client, int messages) {
    static uint8_t input[INPUT_BYTES];
    size_t wanted = load->expected_length * (size_t)messages;
    ssize_t received = recv(client->socket, input, sizeof input, 0);
    if (received < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (received <= 0) die("the server has ended a connection");
    if ((size_t)received > wanted - client->got) die("more has come than was sent");
    if (memcmp(input, load->expected + client->got, (size_t)received)) die("a frame is not what was sent");
    client->got += (size_t)received;
    return client->got == wanted;
}

static int wait_for_events(struct load *load, struct epoll_event *events) {
    int ready = epoll_wait(load->epoll, events, MOST_EVENTS, WAIT_MS);
    if (ready == 0) die("nothing has come for ten seconds");
    return ready < 0 ? 0 : ready;
}

static long echo(struct load *load, double seconds, int in_flight) {
    struct epoll_event events[MOST_EVENTS];
    double end = now() + seconds;
    long frames = 0;
    int waiting = load->clients;
    for (int number = 0; number < load->clients; number++) say(load, &load->all[number], in_flight);
    while (waiting) {
        int ready = wait_for_events(load, events), is_over = now() >= end;
        for (int number = 0; number < ready; number++) {
            struct client *client = events[number].data.ptr;
            if (!hear(load, client, in_flight)) continue;
            frames += in_flight;
            if (is_over) waiting--;
            else say(load, client, in_flight);
        }
    }
    return frames;
}

static long room(struct load *load, double seconds) {
    struct epoll_event events[MOST_EVENTS];
    double end = now() + seconds;
    long frames = 0;
    do {
        for (int number = 0; number < load->clients; number++) load->all[number].got = 0;
        say(load, &load->all[0], 1);
        for (int waiting = load->clients; waiting;) {
            int ready = wait_for_events(load, events);
            for (int number = 0; number < ready; number++) waiting -= hear(load, events[number].data.ptr, 1);
        }
        frames += load->clients;
    } while (now() < end);
    return frames;
}

/* One line of the input; returns the frames that came back. */
static long obey(struct load *load, const char *line) {
    double seconds;
    int in_flight;
    if (sscanf(line, "echo %lf %d", &seconds, &in_flight) == 2 && in_flight > 0 && in_flight <= MOST_IN_FLIGHT)
        return echo(load, seconds, in_flight);
    if (sscanf(line, "room %lf", &seconds) == 1) return room(load, seconds);
    errno = 0;
    die("the lines are: echo SECONDS IN_FLIGHT, room SECONDS");
    return 0;
}

int main(int count, char **arguments) {
    if (count != 5) return fprintf(stderr, "websocket_load PORT PATH COUNT OCTETS\n"), 2;
    struct rlimit most;
    getrlimit(RLIMIT_NOFILE, &most);
    most.rlim_cur = most.rlim_max;
    setrlimit(RLIMIT_NOFILE, &most);
    struct load load = {.epoll = epoll_create1(0), .clients = atoi(arguments[3])};
    load.all = calloc((size_t)load.clients, sizeof *load.all);
    if (load.epoll < 0 || !load.all) die("no memory");
    make_frames(&load, strtoul(arguments[4], NULL, 10));
    open_all(&load, atoi(arguments[1]), arguments[2]);
    printf("open %d\n", load.clients);
    fflush(stdout);
    for (char line[100]; fgets(line, sizeof line, stdin);) {
        double begun = now();
        long frames = obey(&load, line);
        printf("frames %ld seconds %.6f\n", frames, now() - begun);
        fflush(stdout);
    }
    return 0;
}
