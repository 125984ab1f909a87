/* Clients that hold a server up: COUNT connections, of four kinds in equal parts, each doing as little as it can.
 *
 *   head     sends one octet of a request head each second, and never ends it
 *   body     announces 1 000 000 octets of body, then sends one each second
 *   reader   asks for /file (1 MiB) with the smallest receive buffer, then reads 64 octets each second
 *   silent   connects and says nothing
 *
 * A connection that the server has ended is opened anew, so that there are always COUNT. They come from eight
 * addresses of 127.0.0.0/8. In C, on one thread, because it shares a core with the clients whose waiting is measured.
 *
 *   cc -O2 -o slow_clients slow_clients.c && ./slow_clients PORT COUNT
 *
 * Prints "ready" once all have been opened; on SIGTERM prints how many are open, were opened, and were ended by the server.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { KINDS = 4, TURNS_PER_S = 20, ADDRESSES = 8, READ_OCTETS = 64 };
enum kind { HEAD, BODY, READER, SILENT };

struct client {
    int socket; /* -1: to be opened */
    long sent;
};

static const char head[] = "GET /file HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ";
static const char body[] = "POST /order HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                           "Content-Length: 1000000\r\n\r\n[";
static const char file[] = "GET /file HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
static volatile sig_atomic_t stopping;
static long opened, ended;

static void stop(int number) {
    (void)number;
    stopping = 1;
}

static void say(struct client *client, const char *octets, size_t length) {
    if (send(client->socket, octets, length, MSG_NOSIGNAL | MSG_DONTWAIT) > 0) client->sent += (long)length;
}

static void open_client(struct client *client, int number, int port) {
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)(number % ADDRESSES))};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int smallest = 1, one = 1, made = socket(AF_INET, SOCK_STREAM, 0);
    if (made < 0) return;
    if (number % KINDS == READER) setsockopt(made, SOL_SOCKET, SO_RCVBUF, &smallest, sizeof smallest);
    setsockopt(made, IPPROTO_IP, 24 /* IP_BIND_ADDRESS_NO_PORT */, &one, sizeof one);
    if (bind(made, (struct sockaddr *)&from, sizeof from) || connect(made, (struct sockaddr *)&to, sizeof to)) {
        close(made);
        return;
    }
    client->socket = made;
    client->sent = 0;
    opened++;
    if (number % KINDS == BODY) say(client, body, sizeof body - 1);
    if (number % KINDS == READER) say(client, file, sizeof file - 1);
}

static void close_client(struct client *client) {
    close(client->socket);
    client->socket = -1;
    ended++;
}

/* What the server has sent: a reader takes a little of it, the others all. Returns 0 when the connection is over. */
static int listen_to(struct client *client, enum kind kind) {
    char input[4096];
    for (;;) {
        ssize_t received = recv(client->socket, input, kind == READER ? READ_OCTETS : sizeof input, MSG_DONTWAIT);
        if (received < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
        if (received == 0 || kind == READER) return received > 0;
    }
}

/* Once a second for each client. */
static void turn(struct client *client, int number, int port) {
    enum kind kind = (enum kind)(number % KINDS);
    if (client->socket >= 0 && !listen_to(client, kind)) close_client(client);
    if (client->socket < 0) {
        open_client(client, number, port);
        return;
    }
    if (kind == HEAD) say(client, client->sent < (long)sizeof head - 1 ? head + client->sent : "x", 1);
    if (kind == BODY) say(client, "1", 1);
}

int main(int count, char **arguments) {
    if (count != 3) return fprintf(stderr, "slow_clients PORT COUNT\n"), 2;
    int port = atoi(arguments[1]), clients = atoi(arguments[2]), is_ready = 0;
    struct client *all = calloc((size_t)clients, sizeof *all);
    struct rlimit most;
    getrlimit(RLIMIT_NOFILE, &most);
    most.rlim_cur = most.rlim_max;
    setrlimit(RLIMIT_NOFILE, &most);
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    for (int number = 0; number < clients; number++) all[number].socket = -1;
    for (int round = 0; !stopping; round++) {
        /* A twentieth of all at a time, so that they do not come as one burst each second. */
        for (int number = round % TURNS_PER_S; number < clients; number += TURNS_PER_S) turn(&all[number], number, port);
        if (!is_ready && round == TURNS_PER_S) {
            is_ready = 1;
            printf("ready\n");
            fflush(stdout);
        }
        struct timespec pause = {.tv_nsec = 1000000000L / TURNS_PER_S};
        nanosleep(&pause, NULL);
    }
    long open = 0;
    for (int number = 0; number < clients; number++) open += all[number].socket >= 0;
    printf("%ld open, %ld opened, %ld ended by the server\n", open, opened, ended);
    return 0;
}
