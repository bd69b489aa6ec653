/*
 * Every method of DatabaseMetaData, by reflection: what it gives for the schema `tools`, a line a call. A String is
 * told as null, "tools" or "%" by its place, which is what each of these methods takes it for.
 */
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.sql.*;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;

public class Metadata {
  public static void main(String[] arguments) throws Exception {
    Properties properties = new Properties();
    properties.setProperty("user", System.getenv("PGUSER"));
    properties.setProperty("password", System.getenv("PGPASSWORD"));
    String address = System.getenv("PGHOST") + ":" + System.getenv("PGPORT");
    try (Connection connection = DriverManager.getConnection(
        "jdbc:postgresql://" + address + "/" + System.getenv("PGDATABASE"), properties)) {
      DatabaseMetaData data = connection.getMetaData();
      Method[] methods = DatabaseMetaData.class.getMethods();
      Arrays.sort(methods, Comparator.comparing(Method::toString));
      for (Method method : methods) {
        if (method.getDeclaringClass() == DatabaseMetaData.class) tell(method, data);
      }
    }
  }

  static void tell(Method method, DatabaseMetaData data) {
    String[] tables = {"customer", "orders", "pair", "pairref", "person", "big_orders"};
    boolean isOfTable = List.of("getPrimaryKeys", "getImportedKeys", "getExportedKeys", "getIndexInfo",
      "getBestRowIdentifier", "getVersionColumns", "getCrossReference").contains(method.getName());
    for (String table : isOfTable ? tables : new String[] {"%"}) {
      String told;
      try {
        Object given = method.invoke(data, arguments(method, table));
        told = given instanceof ResultSet ? rows((ResultSet) given) : String.valueOf(given);
      } catch (ReflectiveOperationException error) {
        Throwable cause = error.getCause();
        told = cause instanceof SQLException ? ((SQLException) cause).getSQLState() : String.valueOf(cause);
      } catch (SQLException error) {
        told = error.getSQLState();
      }
      report(method.getName() + (isOfTable ? " of " + table : ""), told);
    }
  }

  static Object[] arguments(Method method, String table) {
    List<Object> values = new ArrayList<>();
    int texts = 0;
    for (Parameter parameter : method.getParameters()) {
      Class<?> type = parameter.getType();
      if (type == int.class) values.add(1);
      else if (type == boolean.class) values.add(false);
      else if (type == String.class) values.add(text(texts++, table));
      else values.add(null);
    }
    return values.toArray();
  }

  /** Catalog, schema, name, and so again. */
  static String text(int place, String table) {
    return switch (place) {
      case 0, 3 -> null;
      case 1, 4 -> "tools";
      case 2 -> table;
      default -> table.equals("%") ? "%" : "orders";
    };
  }

  static String rows(ResultSet set) throws SQLException {
    StringBuilder text = new StringBuilder();
    try (set) {
      ResultSetMetaData columns = set.getMetaData();
      for (int i = 1; i <= columns.getColumnCount(); i++)
        text.append(columns.getColumnLabel(i)).append(' ').append(columns.getColumnTypeName(i)).append(' ');
      List<String> lines = new ArrayList<>();
      while (set.next()) {
        StringBuilder line = new StringBuilder("\n");
        for (int i = 1; i <= columns.getColumnCount(); i++) line.append(set.getString(i)).append(" | ");
        lines.add(line.toString());
      }
      for (String line : lines) text.append(line);
    }
    return text.toString();
  }

  static void report(String step, String answer) {
    System.out.println("{\"step\":" + quoted(step) + ",\"answer\":" + quoted(answer) + "}");
  }

  static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') out.append('\\').append(c);
      else if (c < 0x20) out.append(String.format("\\u%04x", (int) c));
      else out.append(c);
    }
    return out.append('"').toString();
  }
}
