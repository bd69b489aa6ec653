/*
 * psqlODBC's catalog functions over the schemas `tools` and `shop`: rows as lines of JSON strings, a step a call. Rows
 * are sorted by whoever compares: some of these functions promise no order.
 */
#include <sql.h>
#include <sqlext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static SQLHENV environment;
static SQLHDBC connection;
static SQLHSTMT made;

static void print_text(const char *text) {
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') printf("\\%c", *text);
    else if (*text == '\n') fputs("\\n", stdout);
    else putchar(*text);
  }
}

/* An answer is a text: a line for the columns, then one for each row. */
static void report(const char *name, const char *of, SQLRETURN outcome) {
  printf("{\"step\":\"%s %s\",\"answer\":\"", name, of);
  if (!SQL_SUCCEEDED(outcome)) {
    SQLCHAR state[6] = "", message[512] = "";
    SQLGetDiagRec(SQL_HANDLE_STMT, made, 1, state, NULL, message, sizeof message, NULL);
    print_text((char *)state);
  } else {
    SQLSMALLINT columns = 0;
    SQLNumResultCols(made, &columns);
    for (int i = 1; i <= columns; i++) {
      SQLCHAR label[128];
      SQLDescribeCol(made, i, label, sizeof label, NULL, NULL, NULL, NULL, NULL);
      print_text((char *)label);
      putchar('|');
    }
    while (SQL_SUCCEEDED(SQLFetch(made))) {
      fputs("\\n", stdout);
      for (int i = 1; i <= columns; i++) {
        char value[4096];
        SQLLEN length;
        SQLGetData(made, i, SQL_C_CHAR, value, sizeof value, &length);
        print_text(length == SQL_NULL_DATA ? "null" : value);
        putchar('|');
      }
    }
  }
  puts("\"}");
  fflush(stdout);
  SQLFreeStmt(made, SQL_CLOSE);
}

#define NAME(text) (SQLCHAR *)(text), SQL_NTS
#define NONE NULL, 0

int main(void) {
  char line[1024];
  SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment);
  SQLSetEnvAttr(environment, SQL_ATTR_ODBC_VERSION, (void *)SQL_OV_ODBC3, 0);
  SQLAllocHandle(SQL_HANDLE_DBC, environment, &connection);
  snprintf(line, sizeof line, "Driver={%s};Servername=%s;Port=%s;Database=%s;Username=%s;Password={%s};",
           getenv("ODBC_DRIVER"), getenv("PGHOST"), getenv("PGPORT"), getenv("PGDATABASE"), getenv("PGUSER"),
           getenv("PGPASSWORD"));
  if (!SQL_SUCCEEDED(SQLDriverConnect(connection, NULL, (SQLCHAR *)line, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT))) {
    SQLCHAR state[6] = "", message[512] = "";
    SQLGetDiagRec(SQL_HANDLE_DBC, connection, 1, state, NULL, message, sizeof message, NULL);
    fprintf(stderr, "connect: %s %s\n", state, message);
    return 1;
  }
  SQLAllocHandle(SQL_HANDLE_STMT, connection, &made);
  for (int i = 0; i < 2; i++) {
    const char *schema = i ? "shop" : "tools";
    report("SQLTables", schema, SQLTables(made, NONE, NAME(schema), NAME("%"), NONE));
    report("SQLTables of views", schema, SQLTables(made, NONE, NAME(schema), NAME("%"), NAME("VIEW")));
    report("SQLColumns", schema, SQLColumns(made, NONE, NAME(schema), NAME("%"), NAME("%")));
    report("SQLTablePrivileges", schema, SQLTablePrivileges(made, NONE, NAME(schema), NAME("%")));
    report("SQLProcedures", schema, SQLProcedures(made, NONE, NAME(schema), NAME("%")));
    report("SQLProcedureColumns", schema, SQLProcedureColumns(made, NONE, NAME(schema), NAME("%"), NAME("%")));
  }
  const char *tables[][2] = {{"tools", "customer"}, {"tools", "orders"}, {"tools", "pair"}, {"tools", "pairref"},
                             {"shop", "customer"},  {"shop", "orders"},  {"shop", "pair"},  {"shop", "pairref"},
                             {"shop", "big"},       {"shop", "sums"}};
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
    const char *schema = tables[i][0], *table = tables[i][1];
    char of[64];
    snprintf(of, sizeof of, "%s.%s", schema, table);
    report("SQLPrimaryKeys", of, SQLPrimaryKeys(made, NONE, NAME(schema), NAME(table)));
    report("SQLForeignKeys from", of, SQLForeignKeys(made, NONE, NONE, NONE, NONE, NAME(schema), NAME(table)));
    report("SQLForeignKeys to", of, SQLForeignKeys(made, NONE, NAME(schema), NAME(table), NONE, NONE, NONE));
    report("SQLStatistics", of,
           SQLStatistics(made, NONE, NAME(schema), NAME(table), SQL_INDEX_ALL, SQL_QUICK));
    report("SQLSpecialColumns id", of,
           SQLSpecialColumns(made, SQL_BEST_ROWID, NONE, NAME(schema), NAME(table), SQL_SCOPE_SESSION, SQL_NULLABLE));
    report("SQLSpecialColumns version", of,
           SQLSpecialColumns(made, SQL_ROWVER, NONE, NAME(schema), NAME(table), SQL_SCOPE_SESSION, SQL_NULLABLE));
    report("SQLColumnPrivileges", of, SQLColumnPrivileges(made, NONE, NAME(schema), NAME(table), NAME("%")));
  }
  report("SQLGetTypeInfo", "all", SQLGetTypeInfo(made, SQL_ALL_TYPES));
  report("SQLTables", "types", SQLTables(made, NAME(""), NAME(""), NAME(""), NAME("%")));
  return 0;
}
