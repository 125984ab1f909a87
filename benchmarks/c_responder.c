/* The yardstick: what the machine itself costs. A single thread on epoll that answers every request with the same octets.
 *
 * It does what an HTTP server cannot leave out (accept, read, find the ends of requests, write) and nothing else: a head
 * is "everything up to an empty line", a body is a fixed number of octets behind each head, the answer is a file. So it
 * can stand beside any server for any one request: it is given that server's own answer, and both send the same number of
 * octets. Keep-alive; several requests in one read (pipelining) are answered with one write; what is cut across reads is
 * waited for. The answer's Date field is kept current.
 *
 *   cc -O2 -o c_responder c_responder.c && ./c_responder PORT [ANSWER_FILE [BODY_OCTETS]]
 *
 * It serves until it is stopped. PORT 0 takes a free one; the port is printed. Without a file it answers "Hello, World!".
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

enum { MOST_CONNECTIONS = 4096, MOST_EVENTS = 256, INPUT_BYTES = 16384, ANSWER_BYTES = 2048, MOST_ANSWERS = 128 };

struct connection {
    size_t held; /* bytes of an unfinished request at the start of `input` */
    char input[INPUT_BYTES];
};

static struct connection *connections[MOST_CONNECTIONS]; /* by file descriptor */
static char answer[ANSWER_BYTES + 1];
static size_t answer_length, body_octets;
static char *answer_date; /* the 29 octets of the Date field's value, within `answer` */
static time_t answer_second;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void load_answer(const char *path) {
    FILE *file = path ? fopen(path, "rb") : NULL;
    if (path && !file) die(path);
    answer_length = file ? fread(answer, 1, ANSWER_BYTES, file)
                         : (size_t)snprintf(answer, sizeof answer,
                               "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
                               "Content-Type: text/html; charset=utf-8\r\nContent-Length: 13\r\n\r\nHello, World!");
    if (file) fclose(file);
    char *field = strcasestr(answer, "\r\ndate: ");
    answer_date = field ? field + 8 : NULL;
}

/* The Date field changes once a second; so does the answer. */
static void keep_answer_current(void) {
    time_t now = time(NULL);
    if (now == answer_second || !answer_date) return;
    char date[64];
    struct tm parts;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &parts));
    memcpy(answer_date, date, 29);
    answer_second = now;
}

static int listen_on_loopback(int port) {
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
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

/* Finds the end of each whole request and keeps what follows the last one. Returns the number of requests. */
static int take_requests(struct connection *connection, size_t length) {
    char *start = connection->input, *stop = start + length, *end;
    int requests = 0;
    while (requests < MOST_ANSWERS && (end = memmem(start, (size_t)(stop - start), "\r\n\r\n", 4))) {
        if ((size_t)(stop - end) < 4 + body_octets) break;
        start = end + 4 + body_octets;
        requests++;
    }
    connection->held = (size_t)(stop - start);
    if (requests && connection->held) memmove(connection->input, start, connection->held);
    return requests;
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
    ssize_t received = recv(peer, connection->input + connection->held, INPUT_BYTES - connection->held, 0);
    if (received < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (received <= 0) {
        close(peer); /* closing also takes it out of epoll; a request that fills the whole buffer ends here too */
        return;
    }
    int requests = take_requests(connection, connection->held + (size_t)received);
    if (requests) write_answers(peer, requests);
}

int main(int count, char **arguments) {
    load_answer(count > 2 ? arguments[2] : NULL);
    body_octets = count > 3 ? strtoul(arguments[3], NULL, 10) : 0;
    int listener = listen_on_loopback(count > 1 ? atoi(arguments[1]) : 0), epoll = epoll_create1(0);
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
