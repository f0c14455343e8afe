// pgjdbc: named statements after five uses, binary transfer, row-limited portals, batches, metadata. One JSON line a step.
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.sql.*;
import java.util.*;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;
import org.postgresql.util.PSQLException;

public class Client {
  interface Step { Object run() throws Exception; }

  static Connection c;

  public static void main(String[] args) throws Exception {
    Map<String, String> env = System.getenv();
    String url = "jdbc:postgresql://" + env.get("PGHOST") + ":" + env.get("PGPORT") + "/" + env.get("PGDATABASE") + "?sslmode=disable&gssEncMode=disable";
    c = DriverManager.getConnection(url, env.get("PGUSER"), env.get("PGPASSWORD"));
    step("connect", () -> query("select current_user, 1"));
    step("every type", () -> query("select * from kinds order by id"));
    step("prepared, switches to a named statement and binary", () -> {
      List<Object> all = new ArrayList<>();
      try (PreparedStatement s = c.prepareStatement("select n, label, n::float8, now() > timestamptz '2020-01-01' from numbers where n = ?")) {
        for (int n = 1; n <= 9; n++) { s.setInt(1, n); all.add(rows(s.executeQuery())); }
      }
      return all;
    });
    step("parameters", () -> {
      try (PreparedStatement s = c.prepareStatement("select ?::int8, ?::text, ?::bytea, ?::numeric, ?::date, ?::jsonb, ?::int[], ?::text")) {
        s.setLong(1, 42); s.setString(2, "Zürich 🎉"); s.setBytes(3, new byte[] {0, -1}); s.setBigDecimal(4, new java.math.BigDecimal("1.50"));
        s.setDate(5, java.sql.Date.valueOf("2024-02-29")); s.setString(6, "{\"a\": null}"); s.setArray(7, c.createArrayOf("int4", new Integer[] {1, null})); s.setNull(8, Types.VARCHAR);
        return rows(s.executeQuery());
      }
    });
    step("batch", () -> {
      try (PreparedStatement s = c.prepareStatement("insert into sink (id, label) values (?, ?)")) {
        for (int n = 0; n < 300; n++) { s.setInt(1, n); s.setString(2, "batch " + n); s.addBatch(); }
        return Arrays.stream(s.executeBatch()).sum();
      }
    });
    step("batch with an error", () -> {
      try (PreparedStatement s = c.prepareStatement("insert into sink (id) values (?)")) {
        for (int n : new int[] {1000, 1, 1001}) { s.setInt(1, n); s.addBatch(); }
        try { s.executeBatch(); return "no error"; } catch (BatchUpdateException e) { return List.of(Arrays.toString(e.getUpdateCounts()), words(e.getNextException() == null ? e : e.getNextException()), query("select count(*) from sink where id >= 1000")); }
      }
    });
    step("row-limited portal", () -> {
      c.setAutoCommit(false);
      int count = 0; long sum = 0;
      try (Statement s = c.createStatement()) {
        s.setFetchSize(70);
        try (ResultSet r = s.executeQuery("select n from numbers order by n")) { while (r.next()) { count++; sum += r.getInt(1); } }
        try (ResultSet r = s.executeQuery("select n from numbers order by n")) { r.next(); sum += r.getInt(1); }
      }
      c.commit(); c.setAutoCommit(true);
      return List.of(count, sum);
    });
    step("max rows", () -> { try (Statement s = c.createStatement()) { s.setMaxRows(5); return rows(s.executeQuery("select n from numbers order by n")); } });
    step("transaction and savepoint", () -> {
      c.setAutoCommit(false);
      c.createStatement().execute("insert into sink values (2000, 'kept')");
      Savepoint p = c.setSavepoint();
      Object error = failure(() -> c.createStatement().execute("select 1/0"));
      Object failed = failure(() -> c.createStatement().execute("select 1"));
      c.rollback(p); c.commit(); c.setAutoCommit(true);
      return List.of(error, failed, query("select label from sink where id = 2000"));
    });
    step("isolation and read only", () -> {
      c.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE); c.setReadOnly(true);
      Object error = failure(() -> c.createStatement().execute("insert into sink values (1)"));
      c.setReadOnly(false); c.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      return error;
    });
    step("several statements", () -> {
      List<Object> all = new ArrayList<>();
      try (Statement s = c.createStatement()) {
        boolean result = s.execute("select 1; update sink set note = 'x' where id = 1; select 2");
        while (true) {
          if (result) all.add(rows(s.getResultSet())); else if (s.getUpdateCount() >= 0) all.add(s.getUpdateCount()); else break;
          result = s.getMoreResults();
        }
      }
      return all;
    });
    step("generated keys", () -> {
      try (PreparedStatement s = c.prepareStatement("insert into parent (name) values (?)", Statement.RETURN_GENERATED_KEYS)) {
        s.setString(1, "one"); s.executeUpdate(); return rows(s.getGeneratedKeys());
      }
    });
    step("copy", () -> {
      CopyManager copy = c.unwrap(PGConnection.class).getCopyAPI();
      long in = copy.copyIn("copy sink (id, label) from stdin", new StringReader("5000\tcopied\n5001\t\\N\n"));
      StringWriter out = new StringWriter();
      long outCount = copy.copyOut("copy (select id, label from sink where id >= 5000 order by id) to stdout (format csv)", out);
      Object error = failure(() -> copy.copyIn("copy sink (id) from stdin", new StringReader("oops\n")));
      return List.of(in, outCount, out.toString(), error);
    });
    step("errors", () -> {
      List<Object> all = new ArrayList<>();
      for (String sql : List.of("insert into sink values (1)", "select nothing", "selec", "select 'abc'::int")) all.add(failure(() -> c.createStatement().execute(sql)));
      return all;
    });
    step("warnings and notifications", () -> {
      List<Object> all = new ArrayList<>();
      try (Statement s = c.createStatement()) {
        s.execute("select shout('psst')");
        for (SQLWarning w = s.getWarnings(); w != null; w = w.getNextWarning()) all.add(w.getMessage());
        s.execute("listen news"); s.execute("notify news, 'extra'");
        for (var n : c.unwrap(PGConnection.class).getNotifications(5000)) all.add(n.getName() + " " + n.getParameter());
      }
      return all;
    });
    step("cancel", () -> {
      try (Statement s = c.createStatement()) {
        new Thread(() -> { try { Thread.sleep(300); s.cancel(); } catch (Exception e) { throw new RuntimeException(e); } }).start();
        return List.of(failure(() -> s.execute("select pg_sleep(20)")), query("select 1"));
      }
    });
    step("procedure", () -> { try (CallableStatement s = c.prepareCall("call add_child(7)")) { s.execute(); } return query("select name from parent order by id"); });
    step("metadata", () -> {
      DatabaseMetaData m = c.getMetaData();
      return List.of(rows(m.getTables(null, "public", "%", null)), rows(m.getColumns(null, "public", "kinds", "%")), rows(m.getPrimaryKeys(null, "public", "child")), rows(m.getImportedKeys(null, "public", "child")),
          rows(m.getIndexInfo(null, "public", "child", false, false)), rows(m.getSchemas()), rows(m.getProcedures(null, "public", "%")), rows(m.getTypeInfo()).size() > 0, m.getDatabaseProductVersion());
    });
    step("large value", () -> {
      byte[] data = new byte[10 << 20]; new Random(1).nextBytes(data);
      try (PreparedStatement s = c.prepareStatement("select ?::bytea")) { s.setBytes(1, data); ResultSet r = s.executeQuery(); r.next(); return Arrays.equals(data, r.getBytes(1)); }
    });
    step("updatable result set", () -> {
      try (Statement s = c.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE); ResultSet r = s.executeQuery("select id, label from sink where id = 2000")) {
        r.next(); r.updateString(2, "updated"); r.updateRow();
      }
      return query("select label from sink where id = 2000");
    });
    step("close", () -> { c.close(); return c.isClosed(); });
  }

  static void step(String name, Step step) {
    String outcome;
    try { outcome = "\"value\": " + json(step.run()); } catch (Exception e) { outcome = "\"error\": " + json(words(e)); }
    System.out.println("{\"step\": " + json(name) + ", " + outcome + "}");
  }

  static Object failure(Step step) { try { step.run(); return "no error"; } catch (Exception e) { return words(e); } }

  static Object words(Exception e) {
    if (e instanceof PSQLException p && p.getServerErrorMessage() != null) {
      var m = p.getServerErrorMessage();
      return Arrays.asList(m.getSQLState(), m.getSeverity(), m.getMessage(), m.getDetail(), m.getConstraint(), m.getPosition());
    }
    return e.toString();
  }

  static Object query(String sql) throws SQLException { try (Statement s = c.createStatement()) { return rows(s.executeQuery(sql)); } }

  static List<Object> rows(ResultSet r) throws SQLException {
    List<Object> all = new ArrayList<>();
    int width = r.getMetaData().getColumnCount();
    while (r.next()) {
      List<Object> row = new ArrayList<>();
      for (int i = 1; i <= width; i++) row.add(r.getMetaData().getColumnLabel(i) + "=" + r.getString(i));
      all.add(row);
    }
    return all;
  }

  static String json(Object value) {
    if (value instanceof List<?> list) { StringJoiner j = new StringJoiner(",", "[", "]"); for (Object o : list) j.add(json(o)); return j.toString(); }
    if (value instanceof Number || value instanceof Boolean || value == null) return String.valueOf(value);
    StringBuilder b = new StringBuilder("\"");
    for (char ch : value.toString().toCharArray()) {
      if (ch == '"' || ch == '\\') b.append('\\').append(ch); else if (ch < 32 || ch > 126) b.append(String.format("\\u%04x", (int) ch)); else b.append(ch);
    }
    return b.append('"').toString();
  }
}
