/*
 * The dozen steps by psqlODBC, through unixODBC's driver manager and without a DSN. Parameters are of C types, results
 * are read as characters. Rows by three are row arrays of three over a cursor of the driver's (UseDeclareFetch).
 */
#include <locale.h>
#include <pthread.h>
#include <sql.h>
#include <sqlext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static SQLHENV environment;
static SQLHDBC connection;

struct parameter {
  SQLSMALLINT c_type, sql_type;
  SQLULEN size;
  SQLSMALLINT digits;
  void *value;
  SQLLEN length; /* of the value in bytes; SQL_NULL_DATA for a NULL */
};

#define TEXT(words) {SQL_C_CHAR, SQL_VARCHAR, 255, 0, (words), SQL_NTS}

static void die(SQLSMALLINT kind, SQLHANDLE handle, const char *doing) {
  SQLCHAR state[6] = "", message[512] = "";
  SQLGetDiagRec(kind, handle, 1, state, NULL, message, sizeof message, NULL);
  fprintf(stderr, "%s: %s %s\n", doing, state, message);
  exit(1);
}

static void demand(SQLRETURN outcome, SQLSMALLINT kind, SQLHANDLE handle, const char *doing) {
  if (!SQL_SUCCEEDED(outcome) && outcome != SQL_NO_DATA) die(kind, handle, doing);
}

static void print_json(const char *text) {
  putchar('"');
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') putchar('\\');
    putchar(*text);
  }
  putchar('"');
}

static void step(const char *name) {
  printf("{\"step\":\"%s\",\"answer\":", name);
}

static void end_step(void) {
  puts("}");
  fflush(stdout);
}

static void report(const char *name, const char *answer) {
  step(name);
  print_json(answer);
  end_step();
}

static const char *sqlstate(SQLSMALLINT kind, SQLHANDLE handle) {
  static SQLCHAR state[6];
  strcpy((char *)state, "none");
  SQLGetDiagRec(kind, handle, 1, state, NULL, NULL, 0, NULL);
  return (const char *)state;
}

static SQLRETURN connect_as(SQLHDBC *into, const char *password, const char *options) {
  char line[1024];
  SQLAllocHandle(SQL_HANDLE_DBC, environment, into);
  snprintf(line, sizeof line, "Driver={%s};Servername=%s;Port=%s;Database=%s;Username=%s;Password={%s};%s",
           getenv("ODBC_DRIVER"), getenv("PGHOST"), getenv("PGPORT"), getenv("PGDATABASE"), getenv("PGUSER"), password,
           options);
  return SQLDriverConnect(*into, NULL, (SQLCHAR *)line, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT);
}

static SQLHSTMT statement(void) {
  SQLHSTMT made;
  demand(SQLAllocHandle(SQL_HANDLE_STMT, connection, &made), SQL_HANDLE_DBC, connection, "allocate a statement");
  return made;
}

static void bind(SQLHSTMT to, struct parameter *parameters, int count) {
  for (int i = 0; i < count; i++) {
    struct parameter *one = &parameters[i];
    demand(SQLBindParameter(to, i + 1, SQL_PARAM_INPUT, one->c_type, one->sql_type, one->size, one->digits, one->value, 0,
                            &one->length),
           SQL_HANDLE_STMT, to, "bind");
  }
}

static const char *lower(char *hex) {
  for (char *at = hex; *at; at++)
    if (*at >= 'A' && *at <= 'F') *at += 'a' - 'A';
  return hex;
}

/* The driver's characters are ODBC's; these are PostgreSQL's. */
static void print_value(SQLHSTMT from, int column) {
  char value[1024], type[64] = "", text[1100];
  SQLLEN length;
  demand(SQLGetData(from, column, SQL_C_CHAR, value, sizeof value, &length), SQL_HANDLE_STMT, from, "get data");
  if (length == SQL_NULL_DATA) {
    fputs("null", stdout);
    return;
  }
  SQLColAttribute(from, column, SQL_DESC_TYPE_NAME, type, sizeof type, NULL, NULL);
  if (strcmp(type, "bool") == 0) {
    snprintf(text, sizeof text, "%s", strcmp(value, "1") == 0 ? "t" : "f");
  } else if (strcmp(type, "timestamptz") == 0) {
    snprintf(text, sizeof text, "%s+00", value);
  } else if (strcmp(type, "bytea") == 0) {
    snprintf(text, sizeof text, "\\x%s", lower(value));
  } else {
    snprintf(text, sizeof text, "%s", strcmp(type, "uuid") == 0 ? lower(value) : value);
  }
  print_json(text);
}

static void print_rows(SQLHSTMT from) {
  SQLSMALLINT columns = 0;
  SQLNumResultCols(from, &columns);
  putchar('[');
  for (int row = 0; SQL_SUCCEEDED(SQLFetch(from)); row++) {
    fputs(row ? ",[" : "[", stdout);
    for (int i = 1; i <= columns; i++) {
      if (i > 1) putchar(',');
      print_value(from, i);
    }
    putchar(']');
  }
  putchar(']');
}

static void rows(const char *name, const char *sql, struct parameter *parameters, int count) {
  SQLHSTMT run = statement();
  bind(run, parameters, count);
  demand(SQLExecDirect(run, (SQLCHAR *)sql, SQL_NTS), SQL_HANDLE_STMT, run, sql);
  step(name);
  print_rows(run);
  end_step();
  SQLFreeHandle(SQL_HANDLE_STMT, run);
}

static void execute(const char *sql) {
  SQLHSTMT run = statement();
  demand(SQLExecDirect(run, (SQLCHAR *)sql, SQL_NTS), SQL_HANDLE_STMT, run, sql);
  SQLFreeHandle(SQL_HANDLE_STMT, run);
}

static void error(const char *name, const char *sql, struct parameter *parameters, int count) {
  SQLHSTMT run = statement();
  bind(run, parameters, count);
  SQLRETURN outcome = SQLExecDirect(run, (SQLCHAR *)sql, SQL_NTS);
  if (name) report(name, SQL_SUCCEEDED(outcome) ? "no error" : sqlstate(SQL_HANDLE_STMT, run));
  SQLFreeHandle(SQL_HANDLE_STMT, run);
}

static void parameters(void) {
  char words[] = "It's \"quoted\", back\\slashed, naïve, 日本 and 🦊";
  struct parameter texts[] = {TEXT(words), TEXT(words)};
  rows("text parameter", "SELECT ?::text, length(?::text)", texts, 2);

  SQLINTEGER int4 = -2147483647 - 1;
  SQLBIGINT int8 = 9223372036854775807;
  SQLDOUBLE float8 = 0.1;
  SQLCHAR flag = 1;
  SQL_TIMESTAMP_STRUCT instant = {2024, 2, 29, 12, 34, 56, 123456000};
  SQLGUID uuid = {0xa0eebc99, 0x9c0b, 0x4ef8, {0xbb, 0x6d, 0x6b, 0xb9, 0xbd, 0x38, 0x0a, 0x11}};
  unsigned char bytes[] = {0x00, 0xff, 0x5c, 0x27};
  SQL_DATE_STRUCT date = {1999, 12, 31};
  struct parameter typed[] = {
    {SQL_C_SLONG, SQL_INTEGER, 0, 0, &int4, 0},
    {SQL_C_SBIGINT, SQL_BIGINT, 0, 0, &int8, 0},
    {SQL_C_DOUBLE, SQL_DOUBLE, 0, 0, &float8, 0},
    {SQL_C_BIT, SQL_BIT, 0, 0, &flag, 0},
    {SQL_C_CHAR, SQL_NUMERIC, 38, 10, "12345678901234567890.1234567890", SQL_NTS},
    {SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, 26, 6, &instant, 0},
    {SQL_C_GUID, SQL_GUID, 0, 0, &uuid, 0},
    {SQL_C_BINARY, SQL_VARBINARY, sizeof bytes, 0, bytes, sizeof bytes},
    {SQL_C_TYPE_DATE, SQL_TYPE_DATE, 10, 0, &date, 0},
  };
  rows("typed parameters",
       "SELECT ?::int4, ?::int8, ?::float8, ?::bool, ?::numeric(38,10), ?::timestamptz, ?::uuid, ?::bytea, ?::date",
       typed, 9);
  rows("computed with parameters",
       "SELECT ?::int4 + 1, ?::int8 - 1, ?::float8 * 3, NOT ?::bool, (?::numeric + 1)::numeric(38,10), ?::timestamptz + interval '1 day',"
       " upper(?::uuid::text), length(?::bytea), ?::date + 1",
       typed, 9);

  struct parameter nulls[] = {
    {SQL_C_SLONG, SQL_INTEGER, 0, 0, NULL, SQL_NULL_DATA},
    {SQL_C_CHAR, SQL_VARCHAR, 255, 0, NULL, SQL_NULL_DATA},
    {SQL_C_SLONG, SQL_INTEGER, 0, 0, NULL, SQL_NULL_DATA},
    {SQL_C_CHAR, SQL_VARCHAR, 255, 0, NULL, SQL_NULL_DATA},
  };
  rows("null parameters", "SELECT ?::int4, ?::text, ?::int4 IS NULL, coalesce(?::text, 'none')", nulls, 4);
  char numbers[] = "{1,NULL,-3}", names[] = "{\"a,b\",\"say \\\"hi\\\"\",NULL,\"\",back\\\\slash,\"NULL\"}";
  struct parameter arrays[] = {TEXT(numbers), TEXT(names), TEXT(numbers), TEXT(names)};
  rows("array parameters", "SELECT ?::int4[], ?::text[], (?::int4[])[3], cardinality(?::text[])", arrays, 4);
}

static void values(void) {
  rows("arrays", "SELECT ARRAY[1, NULL, 3], ARRAY['a,b', 'say \"hi\"', NULL], ARRAY[]::text[], '{{1,2},{3,4}}'::int4[]",
       NULL, 0);
  rows("numbers",
       "SELECT 12345678901234567890.1234567890::numeric(38,10), 1.500::numeric(10,3), 0.00::numeric(4,2), 7 / 2,"
       " (7 / 2.0)::numeric(5,2), 1.0::float8, 'NaN'::float8, '-Infinity'::float8",
       NULL, 0);
  rows("dates",
       "SELECT timestamp '2024-02-29 12:34:56.5', timestamptz '2024-02-29 12:34:56.123456+02', date '1999-12-31',"
       " date '2024-03-01' - date '2024-02-28'",
       NULL, 0);
}

static void errors(void) {
  error("division by zero", "SELECT 1 / 0", NULL, 0);
  rows("after the error", "SELECT 1", NULL, 0);
  error("unknown table", "SELECT * FROM no_such_table", NULL, 0);
  error("unknown column", "SELECT no_such_column", NULL, 0);
  error("unknown function", "SELECT no_such_function(1)", NULL, 0);
  error("syntax error", "SELEC 1", NULL, 0);
  char one[] = "one";
  struct parameter bad[] = {TEXT(one)};
  error("bad parameter", "SELECT ?::int4", bad, 1);
  rows("after the errors", "SELECT 2", NULL, 0);
}

static void repeated(void) {
  SQLHSTMT square = statement();
  SQLINTEGER number;
  struct parameter both[] = {{SQL_C_SLONG, SQL_INTEGER, 0, 0, &number, 0}, {SQL_C_SLONG, SQL_INTEGER, 0, 0, &number, 0}};
  demand(SQLPrepare(square, (SQLCHAR *)"SELECT ?::int4 * ?::int4", SQL_NTS), SQL_HANDLE_STMT, square, "prepare");
  bind(square, both, 2);
  step("same statement again");
  fputs("[[", stdout);
  for (number = 1; number <= 7; number++) {
    demand(SQLExecute(square), SQL_HANDLE_STMT, square, "execute again");
    SQLFetch(square);
    if (number > 1) putchar(',');
    print_value(square, 1);
    SQLFreeStmt(square, SQL_CLOSE);
  }
  fputs("]]", stdout);
  end_step();
  SQLFreeHandle(SQL_HANDLE_STMT, square);
}

static void rows_by_three(void) {
  SQLHDBC plain = connection;
  demand(connect_as(&connection, getenv("PGPASSWORD"), "UseDeclareFetch=1;Fetch=3"), SQL_HANDLE_DBC, connection, "connect");
  SQLHSTMT series = statement();
  SQLULEN fetched = 0;
  SQLSetStmtAttr(series, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)3, 0);
  SQLSetStmtAttr(series, SQL_ATTR_ROWS_FETCHED_PTR, &fetched, 0);
  demand(SQLExecDirect(series, (SQLCHAR *)"SELECT i FROM generate_series(1, 10) AS s(i)", SQL_NTS), SQL_HANDLE_STMT, series,
         "series");
  step("rows by three");
  fputs("[[", stdout);
  for (int i = 0; SQL_SUCCEEDED(SQLFetch(series)); i++) printf("%s\"%d\"", i ? "," : "", (int)fetched);
  fputs("]]", stdout);
  end_step();
  SQLFreeHandle(SQL_HANDLE_STMT, series);
  SQLDisconnect(connection);
  connection = plain;
}

static void *cancel_soon(void *running) {
  usleep(500000);
  SQLCancel((SQLHSTMT)running);
  return NULL;
}

static void cancel(void) {
  SQLHSTMT run = statement();
  pthread_t other;
  pthread_create(&other, NULL, cancel_soon, run);
  SQLRETURN outcome = SQLExecDirect(
    run, (SQLCHAR *)"SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b", SQL_NTS);
  /* ODBC has a name of its own for it. */
  const char *state = SQL_SUCCEEDED(outcome) ? "no error" : sqlstate(SQL_HANDLE_STMT, run);
  report("cancel", strcmp(state, "HY008") == 0 ? "57014" : state);
  pthread_join(other, NULL);
  SQLFreeHandle(SQL_HANDLE_STMT, run);
  rows("after the cancel", "SELECT 3", NULL, 0);
}

/* Arrays are unknown to the driver, and one is in the table. */
static const char *type_name(const char *name) {
  static const char *names[][2] = {{"int4", "integer"}, {"timestamptz", "timestamp with time zone"}, {"unknown", "text[]"},
                                   {"bool", "boolean"}, {NULL, NULL}};
  for (int i = 0; names[i][0]; i++)
    if (strcmp(names[i][0], name) == 0) return names[i][1];
  return name;
}

static void describe(void) {
  execute("DROP TABLE IF EXISTS client_notes");
  execute("CREATE TABLE client_notes"
          " (id int4 NOT NULL, amount numeric(38,10), label text, made timestamptz, tags text[], done bool)");
  SQLHSTMT prepared = statement();
  demand(SQLPrepare(prepared, (SQLCHAR *)"SELECT *, id / 0 AS quotient FROM client_notes WHERE id = ? AND label = ?", SQL_NTS),
         SQL_HANDLE_STMT, prepared, "prepare");
  SQLSMALLINT columns = 0;
  demand(SQLNumResultCols(prepared, &columns), SQL_HANDLE_STMT, prepared, "describe");
  step("describe");
  putchar('[');
  for (int i = 1; i <= columns; i++) {
    char name[64] = "", type[64] = "";
    SQLDescribeCol(prepared, i, (SQLCHAR *)name, sizeof name, NULL, NULL, NULL, NULL, NULL);
    SQLColAttribute(prepared, i, SQL_DESC_TYPE_NAME, type, sizeof type, NULL, NULL);
    fputs(i > 1 ? ",[" : "[", stdout);
    print_json(name);
    putchar(',');
    print_json(type_name(type));
    putchar(']');
  }
  putchar(']');
  end_step();
  step("describe parameters");
  fputs("[[", stdout);
  for (int i = 1; i <= 2; i++) {
    SQLSMALLINT type = 0;
    demand(SQLDescribeParam(prepared, i, &type, NULL, NULL, NULL), SQL_HANDLE_STMT, prepared, "describe a parameter");
    if (i > 1) putchar(',');
    /* The driver tells ODBC's type: text is a (wide) character type without a limit. */
    int is_text = type == SQL_LONGVARCHAR || type == SQL_WLONGVARCHAR || type == SQL_VARCHAR || type == SQL_WVARCHAR;
    print_json(type == SQL_INTEGER ? "integer" : is_text ? "text" : "another");
  }
  fputs("]]", stdout);
  end_step();
  SQLFreeHandle(SQL_HANDLE_STMT, prepared);
}

static void count(const char *name) {
  rows(name, "SELECT count(*) FROM client_notes", NULL, 0);
}

static void autocommit(int is_on) {
  SQLSetConnectAttr(connection, SQL_ATTR_AUTOCOMMIT, (SQLPOINTER)(SQLULEN)(is_on ? SQL_AUTOCOMMIT_ON : SQL_AUTOCOMMIT_OFF), 0);
}

static void end_transaction(SQLSMALLINT how) {
  demand(SQLEndTran(SQL_HANDLE_DBC, connection, how), SQL_HANDLE_DBC, connection, "end of transaction");
}

/* The driver sets a savepoint before each statement here, and goes back to it after a failed one. */
static void transactions(void) {
  autocommit(0);
  SQLINTEGER id = 1;
  SQL_TIMESTAMP_STRUCT made = {2024, 2, 29, 12, 34, 56, 0};
  SQLCHAR done = 1;
  char label[] = "first", tags[] = "{\"a,b\",NULL}";
  struct parameter row[] = {
    {SQL_C_SLONG, SQL_INTEGER, 0, 0, &id, 0},
    {SQL_C_CHAR, SQL_NUMERIC, 38, 10, "1.5", SQL_NTS},
    TEXT(label),
    {SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, 26, 6, &made, 0},
    TEXT(tags),
    {SQL_C_BIT, SQL_BIT, 0, 0, &done, 0},
  };
  rows("insert returning",
       "INSERT INTO client_notes VALUES (?, ?, ?, ?, ?, ?), (2, NULL, NULL, NULL, NULL, NULL)"
       " RETURNING id, amount, upper(label), made, tags, done",
       row, 6);
  count("seen inside");
  end_transaction(SQL_ROLLBACK);
  count("after rollback");
  SQLHSTMT insert = statement();
  SQLLEN inserted = 0;
  demand(SQLExecDirect(insert, (SQLCHAR *)"INSERT INTO client_notes (id, label) VALUES (1, 'kept'), (2, NULL)", SQL_NTS),
         SQL_HANDLE_STMT, insert, "insert");
  SQLRowCount(insert, &inserted);
  step("rows inserted");
  printf("[[\"%d\"]]", (int)inserted);
  end_step();
  SQLFreeHandle(SQL_HANDLE_STMT, insert);
  end_transaction(SQL_COMMIT);
  rows("after commit", "SELECT * FROM client_notes ORDER BY id", NULL, 0);

  execute("INSERT INTO client_notes (id) VALUES (3)");
  execute("SAVEPOINT a");
  execute("INSERT INTO client_notes (id) VALUES (4)");
  execute("ROLLBACK TO SAVEPOINT a");
  execute("INSERT INTO client_notes (id) VALUES (5)");
  error(NULL, "SELECT 1 / 0", NULL, 0);
  end_transaction(SQL_COMMIT);
  rows("after savepoint", "SELECT id FROM client_notes ORDER BY id", NULL, 0);
  end_transaction(SQL_COMMIT);
  autocommit(1);
}

/* Protocol=7.4-0 leaves errors in a transaction to the program. */
static void failed_transaction(void) {
  SQLHDBC plain = connection;
  demand(connect_as(&connection, getenv("PGPASSWORD"), "Protocol=7.4-0"), SQL_HANDLE_DBC, connection, "connect");
  execute("BEGIN");
  execute("INSERT INTO client_notes (id) VALUES (6)");
  error(NULL, "SELECT 1 / 0", NULL, 0);
  error("in failed transaction", "INSERT INTO client_notes (id) VALUES (7)", NULL, 0);
  execute("ROLLBACK");
  count("after failed transaction");
  SQLDisconnect(connection);
  connection = plain;
}

/* libpq, below the driver, knows no SQLSTATE of a connection that was refused, only its words. */
static void wrong_password(void) {
  SQLCHAR message[512] = "no error";
  if (!SQL_SUCCEEDED(connect_as(&connection, "wrong", "")))
    SQLGetDiagRec(SQL_HANDLE_DBC, connection, 1, NULL, NULL, message, sizeof message, NULL);
  int is_refused = strstr((char *)message, "password authentication failed for user \"") != NULL;
  report("wrong password", is_refused ? "28P01" : (char *)message);
}

int main(void) {
  setlocale(LC_ALL, "C.UTF-8");
  SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment);
  SQLSetEnvAttr(environment, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0);
  wrong_password();
  demand(connect_as(&connection, getenv("PGPASSWORD"), ""), SQL_HANDLE_DBC, connection, "connect");
  rows("login", "SELECT current_user, current_setting('server_version_num')::int4 / 10000", NULL, 0);
  parameters();
  values();
  errors();
  repeated();
  rows_by_three();
  cancel();
  describe();
  transactions();
  failed_transaction();
  execute("DROP TABLE client_notes");
  error("after drop", "SELECT * FROM client_notes", NULL, 0);
  SQLDisconnect(connection);
  return 0;
}
