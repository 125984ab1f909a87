/* The other end of large bodies: answers a GET with OCTETS octets, reads the body of any other request and counts it.
 *
 * One connection at a time, one request after another, blocking: what streams here is measured at the client. Bodies are
 * understood by Content-Length, or chunked, of which only the last five octets are looked at. The answer to an upload
 * is the number of octets read, chunk sizes included. "Expect: 100-continue" is not heeded.
 *
 *   cc -O2 -o stream_responder stream_responder.c && ./stream_responder PORT OCTETS
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_BYTES = 16384, PIECE_BYTES = 262144 };

static char head[HEAD_BYTES + 1], piece[PIECE_BYTES];
static size_t held; /* octets in `head`; behind the head itself the start of a body */

static void die(const char *what) {
    perror(what);
    exit(1);
}

static int listen_on_loopback(int port) {
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 64)) die("listen");
    return listener;
}

/* Returns the head's length, 0 when the connection is over. */
static size_t read_head(int peer) {
    char *end;
    held = 0;
    while (!(end = memmem(head, held, "\r\n\r\n", 4))) {
        ssize_t received = recv(peer, head + held, HEAD_BYTES - held, 0);
        if (received <= 0) return 0;
        held += (size_t)received;
    }
    head[held] = 0;
    return (size_t)(end - head) + 4;
}

static int send_all(int peer, const char *octets, size_t length) {
    while (length) {
        ssize_t sent = send(peer, octets, length, MSG_NOSIGNAL);
        if (sent <= 0) return 0;
        octets += sent;
        length -= (size_t)sent;
    }
    return 1;
}

static int send_body(int peer, size_t octets) {
    char line[200];
    int length = snprintf(line, sizeof line, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %zu\r\n\r\n", octets);
    if (!send_all(peer, line, (size_t)length)) return 0;
    for (size_t rest = octets; rest;) {
        size_t now = rest < PIECE_BYTES ? rest : PIECE_BYTES;
        if (!send_all(peer, piece, now)) return 0;
        rest -= now;
    }
    return 1;
}

/* Moves the last octets that have come into `tail`. */
static void keep_tail(char tail[5], const char *octets, size_t length) {
    size_t fresh = length < 5 ? length : 5;
    memmove(tail, tail + fresh, 5 - fresh);
    memcpy(tail + 5 - fresh, octets + length - fresh, fresh);
}

/* Returns 0 when the connection ends before the body does. */
static int read_body(int peer, size_t after_head, size_t *read) {
    char tail[5] = {0}, *field = strcasestr(head, "\r\ncontent-length:");
    int is_chunked = strcasestr(head, "\r\ntransfer-encoding: chunked") != NULL;
    size_t wanted = field ? strtoull(field + 17, NULL, 10) : 0;
    *read = held - after_head;
    keep_tail(tail, head + after_head, *read);
    while (is_chunked ? memcmp(tail, "0\r\n\r\n", 5) != 0 : *read < wanted) {
        ssize_t received = recv(peer, piece, PIECE_BYTES, 0);
        if (received <= 0) return 0;
        keep_tail(tail, piece, (size_t)received);
        *read += (size_t)received;
    }
    return 1;
}

static int answer_upload(int peer, size_t read) {
    char number[32], line[200];
    int digits = snprintf(number, sizeof number, "%zu", read);
    int length = snprintf(line, sizeof line, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", digits, number);
    return send_all(peer, line, (size_t)length);
}

static void serve(int peer, size_t octets) {
    size_t length, read;
    while ((length = read_head(peer))) {
        int goes_on = memcmp(head, "GET ", 4) ? read_body(peer, length, &read) && answer_upload(peer, read) : send_body(peer, octets);
        if (!goes_on) return;
    }
}

int main(int count, char **arguments) {
    if (count != 3) return fprintf(stderr, "stream_responder PORT OCTETS\n"), 2;
    int one = 1, peer, listener = listen_on_loopback(atoi(arguments[1]));
    while ((peer = accept(listener, NULL, NULL)) >= 0) {
        setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        serve(peer, strtoull(arguments[2], NULL, 10));
        close(peer);
    }
    die("accept");
}
