/*
 * The dozen steps by pgjdbc: parameters of known types in binary, results in text on one connection and, as after
 * five executions, in binary on another (prepareThreshold=-1). Rows by three are fetch size 3, so a portal.
 */
import java.lang.reflect.Field;
import java.math.BigDecimal;
import java.sql.*;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;

public class Jdbc {
  interface Step { void run() throws SQLException; }

  static Connection connection;

  public static void main(String[] arguments) throws Exception {
    report("wrong password", sqlstate(() -> connect("wrong", "prepareThreshold", "5").close()));
    String password = System.getenv("PGPASSWORD");
    connection = connect(password, "prepareThreshold", "5");
    report("login", rows("SELECT current_user, current_setting('server_version_num')::int4 / 10000"));
    try (Connection text = connection; Connection binary = connect(password, "prepareThreshold", "-1")) {
      connection = binary;
      parameters();
      values();
      connection = text;
      errors();
      repeated();
      cancel();
      describe();
      transactions();
    }
  }

  static Connection connect(String password, String option, String value) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", System.getenv("PGUSER"));
    properties.setProperty("password", password);
    properties.setProperty(option, value);
    String address = System.getenv("PGHOST") + ":" + System.getenv("PGPORT");
    return DriverManager.getConnection("jdbc:postgresql://" + address + "/" + System.getenv("PGDATABASE"), properties);
  }

  static void parameters() throws SQLException {
    String words = "It's \"quoted\", back\\slashed, naïve, 日本 and 🦊";
    report("text parameter", rows("SELECT ?::text, length(?::text)", words, words));
    Object[] typed = {
      -2147483648, 9223372036854775807L, 0.1, true, new BigDecimal("12345678901234567890.1234567890"),
      OffsetDateTime.parse("2024-02-29T12:34:56.123456Z"), UUID.fromString("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
      new byte[] {0x00, (byte) 0xff, 0x5c, 0x27}, LocalDate.parse("1999-12-31"),
    };
    report("typed parameters", rows(
      "SELECT ?::int4, ?::int8, ?::float8, ?::bool, ?::numeric(38,10), ?::timestamptz, ?::uuid, ?::bytea, ?::date", typed));
    report("computed with parameters", rows(
      "SELECT ?::int4 + 1, ?::int8 - 1, ?::float8 * 3, NOT ?::bool, (?::numeric + 1)::numeric(38,10),"
        + " ?::timestamptz + interval '1 day', upper(?::uuid::text), length(?::bytea), ?::date + 1", typed));
    report("null parameters", rows(
      "SELECT ?::int4, ?::text, ?::int4 IS NULL, coalesce(?::text, 'none')", null, null, null, null));
    Array numbers = connection.createArrayOf("int4", new Integer[] {1, null, -3});
    Array texts = connection.createArrayOf("text", new String[] {"a,b", "say \"hi\"", null, "", "back\\slash", "NULL"});
    report("array parameters", rows(
      "SELECT ?::int4[], ?::text[], (?::int4[])[3], cardinality(?::text[])", numbers, texts, numbers, texts));
  }

  static void values() throws SQLException {
    report("arrays", rows(
      "SELECT ARRAY[1, NULL, 3], ARRAY['a,b', 'say \"hi\"', NULL], ARRAY[]::text[], '{{1,2},{3,4}}'::int4[]"));
    report("numbers", rows(
      "SELECT 12345678901234567890.1234567890::numeric(38,10), 1.500::numeric(10,3), 0.00::numeric(4,2),"
        + " 7 / 2, (7 / 2.0)::numeric(5,2), 1.0::float8, 'NaN'::float8, '-Infinity'::float8"));
    report("dates", rows(
      "SELECT timestamp '2024-02-29 12:34:56.5', timestamptz '2024-02-29 12:34:56.123456+02',"
        + " date '1999-12-31', date '2024-03-01' - date '2024-02-28'"));
  }

  static void errors() throws SQLException {
    report("division by zero", sqlstate(() -> rows("SELECT 1 / 0")));
    report("after the error", rows("SELECT 1"));
    report("unknown table", sqlstate(() -> rows("SELECT * FROM no_such_table")));
    report("unknown column", sqlstate(() -> rows("SELECT no_such_column")));
    report("unknown function", sqlstate(() -> rows("SELECT no_such_function(1)")));
    report("syntax error", sqlstate(() -> rows("SELEC 1")));
    report("bad parameter", sqlstate(() -> rows("SELECT ?::int4", "one")));
    report("after the errors", rows("SELECT 2"));
  }

  static void repeated() throws Exception {
    List<String> squares = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement("SELECT ?::int4 * ?::int4")) {
      for (int i = 1; i <= 7; i++) {
        statement.setInt(1, i);
        statement.setInt(2, i);
        squares.add(rowsOf(statement).get(0).get(0));
      }
    }
    report("same statement again", List.of(squares));
    connection.setAutoCommit(false);
    try (PreparedStatement statement = connection.prepareStatement("SELECT i FROM generate_series(1, 10) AS s(i)")) {
      statement.setFetchSize(3);
      report("rows by three", List.of(fetches(statement.executeQuery())));
    }
    connection.commit();
    connection.setAutoCommit(true);
  }

  /** How many rows each Execute brought: the driver keeps them in a list of its own. */
  static List<String> fetches(ResultSet result) throws Exception {
    Field inHand = result.getClass().getDeclaredField("rows");
    inHand.setAccessible(true);
    List<String> counts = new ArrayList<>();
    Object before = null;
    while (result.next()) {
      List<?> rows = (List<?>) inHand.get(result);
      if (rows != before) counts.add(String.valueOf(rows.size()));
      before = rows;
    }
    return counts;
  }

  static void cancel() throws Exception {
    try (Statement statement = connection.createStatement()) {
      Thread other = new Thread(() -> {
        try {
          Thread.sleep(500);
          statement.cancel();
        } catch (InterruptedException | SQLException error) {
          error.printStackTrace();
        }
      });
      other.start();
      report("cancel", sqlstate(() -> statement.executeQuery(
        "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b")));
      other.join();
    }
    report("after the cancel", rows("SELECT 3"));
  }

  static final Map<String, String> typeNames = Map.of(
    "int4", "integer", "numeric", "numeric", "text", "text", "timestamptz", "timestamp with time zone",
    "_text", "text[]", "bool", "boolean");

  static void describe() throws SQLException {
    execute("DROP TABLE IF EXISTS client_notes");
    execute("CREATE TABLE client_notes"
      + " (id int4 NOT NULL, amount numeric(38,10), label text, made timestamptz, tags text[], done bool)");
    String sql = "SELECT *, id / 0 AS quotient FROM client_notes WHERE id = ? AND label = ?";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      ResultSetMetaData columns = statement.getMetaData();
      List<List<String>> described = new ArrayList<>();
      for (int i = 1; i <= columns.getColumnCount(); i++)
        described.add(List.of(columns.getColumnName(i), typeName(columns.getColumnTypeName(i))));
      report("describe", described);
      ParameterMetaData parameters = statement.getParameterMetaData();
      report("describe parameters",
        List.of(List.of(typeName(parameters.getParameterTypeName(1)), typeName(parameters.getParameterTypeName(2)))));
    }
  }

  static String typeName(String name) {
    return typeNames.getOrDefault(name, name);
  }

  static void transactions() throws SQLException {
    connection.setAutoCommit(false);
    report("insert returning", rows(
      "INSERT INTO client_notes VALUES (?, ?, ?, ?, ?, ?), (2, NULL, NULL, NULL, NULL, NULL)"
        + " RETURNING id, amount, upper(label), made, tags, done",
      1, new BigDecimal("1.5"), "first", OffsetDateTime.parse("2024-02-29T12:34:56Z"),
      connection.createArrayOf("text", new String[] {"a,b", null}), true));
    report("seen inside", count());
    connection.rollback();
    report("after rollback", count());
    try (Statement statement = connection.createStatement()) {
      int inserted = statement.executeUpdate("INSERT INTO client_notes (id, label) VALUES (1, 'kept'), (2, NULL)");
      report("rows inserted", List.of(List.of(String.valueOf(inserted))));
    }
    connection.commit();
    report("after commit", rows("SELECT * FROM client_notes ORDER BY id"));
    connection.commit();

    execute("INSERT INTO client_notes (id) VALUES (3)");
    Savepoint savepoint = connection.setSavepoint("a");
    execute("INSERT INTO client_notes (id) VALUES (4)");
    connection.rollback(savepoint);
    execute("INSERT INTO client_notes (id) VALUES (5)");
    connection.commit();
    report("after savepoint", rows("SELECT id FROM client_notes ORDER BY id"));
    connection.commit();

    execute("INSERT INTO client_notes (id) VALUES (6)");
    sqlstate(() -> rows("SELECT 1 / 0"));
    report("in failed transaction", sqlstate(() -> execute("INSERT INTO client_notes (id) VALUES (7)")));
    connection.rollback();
    report("after failed transaction", count());
    connection.commit();

    connection.setAutoCommit(true);
    execute("DROP TABLE client_notes");
    report("after drop", sqlstate(() -> rows("SELECT * FROM client_notes")));
  }

  static List<List<String>> count() throws SQLException {
    return rows("SELECT count(*) FROM client_notes");
  }

  static void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  static List<List<String>> rows(String sql, Object... parameters) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) statement.setObject(i + 1, parameters[i]);
      return rowsOf(statement);
    }
  }

  static List<List<String>> rowsOf(PreparedStatement statement) throws SQLException {
    List<List<String>> rows = new ArrayList<>();
    try (ResultSet result = statement.executeQuery()) {
      int columns = result.getMetaData().getColumnCount();
      while (result.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= columns; i++) row.add(text(result.getObject(i), result, i));
        rows.add(row);
      }
    }
    return rows;
  }

  /** A value of the driver's in PostgreSQL's text form. */
  static String text(Object value, ResultSet result, int column) throws SQLException {
    if (value == null) return null;
    if (value instanceof Boolean flag) return flag ? "t" : "f";
    if (value instanceof Double number) return number.toString().replaceAll("\\.0$", "");
    if (value instanceof BigDecimal number) return number.toPlainString();
    if (value instanceof Array array) return literal((Object[]) array.getArray());
    if (value instanceof byte[] bytes) {
      StringBuilder hex = new StringBuilder("\\x");
      for (byte one : bytes) hex.append(String.format("%02x", one));
      return hex.toString();
    }
    return value instanceof Timestamp ? result.getString(column) : value.toString();
  }

  static String literal(Object[] elements) {
    List<String> texts = new ArrayList<>();
    for (Object element : elements) texts.add(element(element));
    return "{" + String.join(",", texts) + "}";
  }

  static String element(Object element) {
    if (element == null) return "NULL";
    if (element instanceof Object[] inner) return literal(inner);
    String text = element.toString();
    boolean isPlain = text.matches("[^\\s{},\"\\\\]+") && !text.equalsIgnoreCase("NULL");
    return isPlain ? text : "\"" + text.replaceAll("([\"\\\\])", "\\\\$1") + "\"";
  }

  static String sqlstate(Step step) {
    try {
      step.run();
      return "no error";
    } catch (SQLException error) {
      return error.getSQLState();
    }
  }

  static void report(String step, Object answer) {
    System.out.println("{\"step\":" + json(step) + ",\"answer\":" + json(answer) + "}");
  }

  static String json(Object value) {
    if (value == null) return "null";
    if (value instanceof List<?> list) {
      List<String> texts = new ArrayList<>();
      for (Object item : list) texts.add(json(item));
      return "[" + String.join(",", texts) + "]";
    }
    return "\"" + value.toString().replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }
}
