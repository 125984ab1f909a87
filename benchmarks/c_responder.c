/* The yardstick: what the machine itself costs. A single thread on epoll that answers every request with the same page.
 *
 * It does what an HTTP server cannot leave out (accept, read, find the ends of requests, write) and nothing else: a head
 * is "everything up to an empty line", bodies do not exist. Keep-alive; several requests in one read (pipelining) are
 * answered with one write; a head cut across reads is waited for.
 *
 *   cc -O2 -o c_responder c_responder.c && ./c_responder      prints its port, then serves until it is stopped
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 4096, MOST_EVENTS = 256, HEAD_BYTES = 8192, ANSWER_BYTES = 256, MOST_ANSWERS = 128 };

struct connection {
    size_t held;            /* bytes of an unfinished head at the start of `input` */
    char input[HEAD_BYTES];
};

static struct connection *connections[MOST_CONNECTIONS]; /* by file descriptor */
static char answer[ANSWER_BYTES];
static size_t answer_length;
static time_t answer_second;

static void die(const char *what) {
    perror(what);
    exit(1);
}

/* The Date field changes once a second; so does the answer. */
static void keep_answer_current(void) {
    time_t now = time(NULL);
    if (now == answer_second) return;
    char date[64];
    struct tm parts;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &parts));
    answer_length = (size_t)snprintf(answer, sizeof answer,
        "HTTP/1.1 200 OK\r\nDate: %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 13\r\n\r\nHello, World!", date);
    answer_second = now;
}

static int listen_on_loopback(void) {
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 1024)) die("listen");
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
        connections[peer]->held = 0;
        setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = peer};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, peer, &event)) die("epoll_ctl");
    }
}

/* Answers each complete head and keeps what follows the last one. Returns the number of answers. */
static int take_heads(struct connection *connection, size_t length) {
    char *start = connection->input, *stop = start + length, *end;
    int heads = 0;
    while (heads < MOST_ANSWERS && (end = memmem(start, (size_t)(stop - start), "\r\n\r\n", 4))) {
        start = end + 4;
        heads++;
    }
    connection->held = (size_t)(stop - start);
    if (heads && connection->held) memmove(connection->input, start, connection->held);
    return heads;
}

static void write_answers(int peer, int count) {
    static char output[MOST_ANSWERS * ANSWER_BYTES];
    for (int number = 0; number < count; number++) memcpy(output + (size_t)number * answer_length, answer, answer_length);
    /* A load generator reads what it asked for: a full socket buffer would be its mistake, and ends the connection. */
    size_t length = (size_t)count * answer_length;
    if (send(peer, output, length, MSG_NOSIGNAL) != (ssize_t)length) close(peer);
}

static void serve(int peer) {
    struct connection *connection = connections[peer];
    ssize_t received = recv(peer, connection->input + connection->held, HEAD_BYTES - connection->held, 0);
    if (received < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (received <= 0) {
        close(peer); /* closing also takes it out of epoll; a head that fills the whole buffer ends here too */
        return;
    }
    int heads = take_heads(connection, connection->held + (size_t)received);
    if (heads) write_answers(peer, heads);
}

int main(void) {
    int listener = listen_on_loopback(), epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[MOST_EVENTS];
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event)) die("epoll");
    for (;;) {
        int ready = epoll_wait(epoll, events, MOST_EVENTS, -1);
        keep_answer_current();
        for (int number = 0; number < ready; number++) {
            int descriptor = events[number].data.fd;
            if (descriptor == listener) accept_all(epoll, listener);
            else serve(descriptor);
        }
    }
}
