/*
 * A reader as cheap as one can be: libpq logs in, then the bytes of one result are read from its socket and the headers of
 * messages walked. No value is made. Arguments: conninfo, SQL, "text" or "binary". Prints what raw.ts calls a Reading.
 */
#include <fcntl.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static unsigned char order[1 << 16];
static size_t order_length;

static double now_ms(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1e3 + at.tv_nsec / 1e6;
}

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static void put(const void *bytes, size_t length)
{
    if (order_length + length > sizeof order) fail("the statement is too long");
    memcpy(order + order_length, bytes, length);
    order_length += length;
}

static void put_length(size_t at, size_t length)
{
    for (int i = 0; i < 4; i++) order[at + i] = length >> (24 - 8 * i);
}

/* One frontend message; its body in two pieces. */
static void message(char code, const void *a, size_t na, const void *b, size_t nb)
{
    put(&code, 1);
    size_t at = order_length;
    put("\0\0\0\0", 4);
    put(a, na);
    put(b, nb);
    put_length(at, order_length - at);
}

static void write_order(int socket)
{
    for (size_t at = 0; at < order_length;) {
        ssize_t wrote = write(socket, order + at, order_length - at);
        if (wrote <= 0) fail("the server closed the connection");
        at += wrote;
    }
}

int main(int count, char **arguments)
{
    if (count != 4) fail("usage: reader conninfo sql text|binary");
    PGconn *connection = PQconnectdb(arguments[1]);
    if (PQstatus(connection) != CONNECTION_OK) fail(PQerrorMessage(connection));
    const char *sql = arguments[2];
    if (strcmp(arguments[3], "binary") == 0) {
        message('P', "", 1, sql, strlen(sql) + 1);
        put("\0\0", 2); /* No parameter types. */
        put_length(1, order_length - 1);
        message('B', "\0\0\0\0\0\0", 6, "\0\1\0\1", 4);
        message('E', "\0\0\0\0\0", 5, "", 0);
        message('S', "", 0, "", 0);
    } else message('Q', sql, strlen(sql) + 1, "", 0);

    int socket = PQsocket(connection);
    /* libpq leaves its socket non-blocking; a reader that has nothing else to do waits in read(). */
    if (fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) & ~O_NONBLOCK) < 0) fail("the socket cannot be waited on");

    static unsigned char buffer[1 << 16];
    unsigned char header[5];
    size_t header_length = 0, skip = 0;
    unsigned long rows = 0, bytes = 0;
    double start = now_ms(), first_row = 0;
    write_order(socket);
    for (;;) {
        ssize_t length = read(socket, buffer, sizeof buffer);
        if (length <= 0) fail("the server closed the connection");
        bytes += length;
        for (size_t at = 0; at < (size_t)length;) {
            if (skip > 0) {
                size_t step = skip < length - at ? skip : length - at;
                skip -= step;
                at += step;
                continue;
            }
            header[header_length++] = buffer[at++];
            if (header_length < 5) continue;
            header_length = 0;
            skip = ((size_t)header[1] << 24 | header[2] << 16 | header[3] << 8 | header[4]) - 4;
            if (header[0] == 'D' && rows++ == 0) first_row = now_ms() - start;
            if (header[0] == 'E') fail("the server answered with an error");
            if (header[0] != 'Z') continue;
            printf("{\"ms\":%.3f,\"firstRowMs\":%.3f,\"rows\":%lu,\"bytes\":%lu}\n", now_ms() - start, first_row, rows, bytes);
            return 0;
        }
    }
}
