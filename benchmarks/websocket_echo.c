/* The yardstick for WebSocket: a single thread on epoll that sends every message back, and knows nothing else.
 *
 * It does what an echo server cannot leave out: accept, read, find the ends of frames, unmask, write. All frames of one
 * read are answered with one write; a frame that is cut across reads is waited for. The handshake is the one of
 * websocket_load.c, whose key is always the same, so the answer is too (RFC 6455 section 1.3). Frames hold up to 65 535
 * octets of which INPUT_BYTES can be taken; control frames are echoed like others. What comes from a connection to the path
 * /room goes to all of that path.
 *
 *   cc -O2 -o websocket_echo websocket_echo.c && ./websocket_echo PORT
 *
 * It serves until it is stopped. PORT 0 takes a free one; the port is printed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 16384, MOST_EVENTS = 256, INPUT_BYTES = 16384 };

struct connection {
    int is_open; /* the handshake is done */
    int is_in_room;
    size_t held; /* octets of an unfinished head or frame at the start of `input` */
    uint8_t input[INPUT_BYTES];
};

struct frame {
    size_t head, payload; /* octets; the masking key is counted with the head */
};

static struct connection *connections[MOST_CONNECTIONS]; /* by file descriptor */
static int most_peer; /* the highest descriptor so far */
static const char accepted[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static void die(const char *what) {
    perror(what);
    exit(1);
}

static int listen_on_loopback(int port) {
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 4096)) die("listen");
    getsockname(listener, (struct sockaddr *)&address, &length);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static void accept_all(int epoll, int listener) {
    int one = 1, peer;
    while ((peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (peer >= MOST_CONNECTIONS) {
            close(peer);
            continue;
        }
        if (!connections[peer] && !(connections[peer] = malloc(sizeof(struct connection)))) die("malloc");
        connections[peer]->is_open = connections[peer]->is_in_room = 0;
        connections[peer]->held = 0;
        if (peer > most_peer) most_peer = peer;
        setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = peer};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, peer, &event)) die("epoll_ctl");
    }
}

/* Closing also takes it out of epoll. */
static void end(int peer) {
    connections[peer]->is_in_room = 0;
    close(peer);
}

/* A load generator reads what it asked for: a full socket buffer would be its mistake, and ends the connection. */
static void say(int peer, const void *octets, size_t length) {
    if (send(peer, octets, length, MSG_NOSIGNAL) != (ssize_t)length) end(peer);
}

static void say_to_room(const void *octets, size_t length) {
    for (int peer = 0; peer <= most_peer; peer++)
        if (connections[peer] && connections[peer]->is_in_room) say(peer, octets, length);
}

/* Returns 0 when the head of a masked frame is not whole yet. */
static int find_frame(const uint8_t *start, size_t length, struct frame *frame) {
    if (length < 6) return 0;
    frame->payload = start[1] & 127;
    frame->head = frame->payload < 126 ? 6 : 8;
    if (length < frame->head) return 0;
    if (frame->payload == 126) frame->payload = (size_t)(start[2] << 8 | start[3]);
    return length >= frame->head + frame->payload;
}

/* The same frame without its mask. Returns the octets written to `output`. */
static size_t echo_frame(const uint8_t *input, const struct frame *frame, uint8_t *output) {
    size_t head = frame->head - 4;
    const uint8_t *mask = input + head, *masked = input + frame->head;
    memcpy(output, input, head);
    output[1] &= 127;
    for (size_t number = 0; number < frame->payload; number++) output[head + number] = masked[number] ^ mask[number & 3];
    return head + frame->payload;
}

static void echo_frames(int peer, struct connection *connection, size_t length) {
    static uint8_t output[INPUT_BYTES];
    size_t taken = 0, made = 0;
    struct frame frame;
    while (find_frame(connection->input + taken, length - taken, &frame)) {
        made += echo_frame(connection->input + taken, &frame, output + made);
        taken += frame.head + frame.payload;
    }
    connection->held = length - taken;
    if (taken && connection->held) memmove(connection->input, connection->input + taken, connection->held);
    if (made && connection->is_in_room) say_to_room(output, made);
    else if (made) say(peer, output, made);
}

static void shake_hands(int peer, struct connection *connection, size_t length) {
    connection->held = length;
    if (length < 4 || memcmp(connection->input + length - 4, "\r\n\r\n", 4)) return;
    connection->is_open = 1;
    connection->is_in_room = !memcmp(connection->input, "GET /room ", 10);
    connection->held = 0;
    say(peer, accepted, sizeof accepted - 1);
}

static void serve(int peer) {
    struct connection *connection = connections[peer];
    ssize_t received = recv(peer, connection->input + connection->held, INPUT_BYTES - connection->held, 0);
    if (received < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (received <= 0) {
        end(peer); /* a frame that fills the whole buffer ends here too */
        return;
    }
    size_t length = connection->held + (size_t)received;
    if (connection->is_open) echo_frames(peer, connection, length);
    else shake_hands(peer, connection, length);
}

int main(int count, char **arguments) {
    int listener = listen_on_loopback(count > 1 ? atoi(arguments[1]) : 0), epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[MOST_EVENTS];
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event)) die("epoll");
    for (;;) {
        int ready = epoll_wait(epoll, events, MOST_EVENTS, -1);
        for (int number = 0; number < ready; number++) {
            int descriptor = events[number].data.fd;
            if (descriptor == listener) accept_all(epoll, listener);
            else serve(descriptor);
        }
    }
}
