/**
 * Real queries with SQLite as the referee.
 *
 * Each query first runs as written, on a database whose schemas are attached. SQLite's authorizer
 * tells which tables it reads: `findTableReferences()` must find the same ones. Then the rewritten
 * query runs on one database whose tables are named `schema.table`: it must give the same rows.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { foldName } from "~/base/text/same_name.ts";
import { quoteIdentifier } from "./identifiers.ts";
import { rewriteTableReferences } from "./rewrite_references.ts";
import { readSingleSelect } from "./single_select.ts";
import { findTableReferences } from "./table_references.ts";

type Cell = string | number | null;

interface TestTable {
  columns: string;
  rows: Cell[][];
}

const ORDER_ROWS: Cell[][] = [
  [1, 1, 120.5, "paid", "2025-01-03"],
  [2, 1, 80, "open", "2025-02-11"],
  [3, 2, 10, "paid", "2025-02-12"],
  [4, 3, 999.99, "void", "2025-03-01"],
  [5, null, 5, "open", null],
];

const TABLES: Record<string, Record<string, TestTable>> = {
  mart: {
    customers: {
      columns: "id, name, email, city, active, plan",
      rows: [
        [1, "Ada", "ada@example.org", "London", 1, "gold"],
        [2, "Grace", "grace@example.org", "New York", 1, "free"],
        [3, "Linus", null, "Helsinki", 0, "free"],
        [4, "it's", "x@example.org", null, 1, null],
      ],
    },
    orders: { columns: "id, customer_id, amount, status, created_at", rows: ORDER_ROWS },
    tags: { columns: "customer_id, tag, data", rows: [[1, "vip", "[1,2]"], [3, "new", "[]"]] },
    "odd name": { columns: "id, val", rows: [[1, "a"], [2, "b"]] },
    'quo"te': { columns: "id", rows: [[2], [3]] },
    "dot.ted": { columns: "id", rows: [[3]] },
    order: { columns: "id, total", rows: [[1, 7]] },
    left: { columns: "id", rows: [[1], [4]] },
    ünïcode: { columns: "id", rows: [[1]] },
  },
  raw: {
    orders: {
      columns: "id, customer_id, amount, payload",
      rows: [[1, 1, 120, '{"k":[1,2,3]}'], [3, 2, 10, '{"k":[4]}'], [9, 9, 9, "{}"]],
    },
    nodes: { columns: "id, parent_id, name", rows: [[1, null, "root"], [2, 1, "a"], [3, 2, "b"]] },
    customers: { columns: "id, name", rows: [[1, "raw Ada"], [7, "raw Zoe"]] },
    allowed: { columns: "id", rows: [[1], [2]] },
  },
  staging: {
    orders: { columns: "id, customer_id, net", rows: [[1, 1, 100], [2, 1, 70], [3, 3, 5]] },
    customers: { columns: "id, region_id", rows: [[1, 10], [2, 20], [4, 10]] },
  },
  tpch: {
    lineitem: {
      columns: `l_orderkey, l_partkey, l_suppkey, l_quantity, l_extendedprice, l_discount, l_tax,
        l_returnflag, l_linestatus, l_shipdate, l_commitdate, l_receiptdate, l_shipmode`,
      rows: [
        [1, 1, 1, 17, 100, 0.04, 0.02, "N", "O", "1996-03-13", "1996-02-12", "1996-03-22", "MAIL"],
        [1, 2, 2, 36, 200, 0.09, 0.06, "N", "O", "1994-04-12", "1994-02-28", "1994-04-20", "SHIP"],
        [2, 1, 2, 8, 300, 0.1, 0.02, "R", "F", "1994-01-29", "1994-03-05", "1994-01-31", "AIR"],
      ],
    },
    orders: {
      columns: "o_orderkey, o_custkey, o_orderstatus, o_totalprice, o_orderdate, o_orderpriority",
      rows: [
        [1, 1, "O", 173665, "1996-01-02", "5-LOW"],
        [2, 2, "F", 46929, "1993-12-01", "1-URGENT"],
      ],
    },
    customer: {
      columns: "c_custkey, c_name, c_nationkey, c_mktsegment, c_acctbal, c_phone",
      rows: [
        [1, "Customer#1", 1, "BUILDING", 711.56, "13-702"],
        [2, "Customer#2", 2, "MACHINERY", 121.65, "31-768"],
        [3, "Customer#3", 1, "BUILDING", 9000, "13-111"],
      ],
    },
    part: { columns: "p_partkey, p_name, p_type, p_size", rows: [[1, "green", "BRASS", 15]] },
    supplier: {
      columns: "s_suppkey, s_name, s_nationkey",
      rows: [[1, "Supplier#1", 1], [2, "Supplier#2", 2]],
    },
    partsupp: {
      columns: "ps_partkey, ps_suppkey, ps_availqty, ps_supplycost",
      rows: [[1, 1, 100, 3.5], [1, 2, 5, 2.5]],
    },
    nation: {
      columns: "n_nationkey, n_name, n_regionkey",
      rows: [[1, "FRANCE", 1], [2, "CHINA", 2]],
    },
    region: { columns: "r_regionkey, r_name", rows: [[1, "EUROPE"], [2, "ASIA"]] },
  },
};

const THEMES: Record<string, string> = {
  "01 simple": "SELECT id, email FROM mart.customers WHERE active AND customers.id > 0",
  "02 joins and aliases": `
    SELECT c.name, o.amount, t.tag
    FROM mart.customers AS c
    JOIN mart.orders o ON o.customer_id = c.id
    LEFT OUTER JOIN mart.tags AS t ON t.customer_id = c.id, raw.nodes n
    CROSS JOIN raw.allowed
    WHERE n.parent_id IS NULL AND allowed.id = 1`,
  "03 common table expression": `
    WITH paid AS (SELECT customer_id, sum(amount) AS total FROM mart.orders WHERE status = 'paid'
                  GROUP BY customer_id)
    SELECT name, total FROM mart.customers JOIN paid ON paid.customer_id = customers.id`,
  "04 common table expression that shadows a table": `
    WITH customers AS (SELECT mart.customers.id, upper(customers.name) AS name FROM mart.customers)
    SELECT customers.id, name FROM customers`,
  "05 recursive common table expression": `
    WITH RECURSIVE tree(id, depth) AS (
      SELECT id, 0 FROM raw.nodes WHERE parent_id IS NULL
      UNION ALL
      SELECT nodes.id, depth + 1 FROM raw.nodes JOIN tree ON nodes.parent_id = tree.id
    )
    SELECT * FROM tree`,
  "06 subqueries in select, in, exists": `
    SELECT name,
      (SELECT count(*) FROM mart.orders o WHERE o.customer_id = c.id) AS orders,
      c.id IN (SELECT id FROM raw.allowed) AS allowed
    FROM mart.customers c
    WHERE EXISTS (SELECT 1 FROM mart.orders WHERE orders.customer_id = c.id)
      AND c.id NOT IN (SELECT customer_id FROM mart.tags WHERE tag = 'none')`,
  "07 names quoted four ways": `
    SELECT "customers"."id", [c].[name], \`o\`.\`amount\`
    FROM "mart"."customers", [mart].[customers] AS [c], \`mart\`.\`orders\` AS \`o\`, 'raw'.'allowed' 'a'
    WHERE c.id = customers.id AND o.customer_id = c.id AND a.id = c.id`,
  "08 comments and strings": `
    -- FROM mart.orders
    SELECT 'FROM raw.nodes', name /* JOIN raw.orders */ , 'it''s -- FROM raw.orders' AS s
    FROM -- raw.nodes
      mart /* . */ . /* x */ customers -- , mart.tags
    WHERE name <> ' /* ' AND name <> ' */ '`,
  "09 windows": `
    SELECT id, sum(amount) OVER w AS running, rank() OVER (PARTITION BY status ORDER BY amount) AS r,
      lag(amount, 1, 0) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS before
    FROM mart.orders
    WINDOW w AS (PARTITION BY customer_id ORDER BY id), v AS (ORDER BY id)
    ORDER BY id`,
  "10 compound selects": `
    SELECT id FROM mart.customers UNION SELECT id FROM raw.customers
    EXCEPT SELECT id FROM raw.allowed
    UNION ALL SELECT id FROM mart.orders INTERSECT SELECT id FROM raw.orders ORDER BY 1 LIMIT 10`,
  "11 columns of three parts": `
    SELECT mart.customers.id, "mart"."customers"."name", [mart].orders.amount
    FROM mart.customers JOIN mart.orders ON mart.orders.customer_id = mart.customers.id
    WHERE mart . customers . active = 1 ORDER BY mart.orders.id`,
  "12 is distinct from, substr": `
    SELECT id, substr(name, 1, 2) AS s, email IS DISTINCT FROM city AS d,
      plan IS NOT DISTINCT FROM 'free' AS f
    FROM mart.customers WHERE city IS DISTINCT FROM name`,
  "13 table-valued function and join in parentheses": `
    SELECT o.id, j.value FROM raw.orders AS o, json_each(o.payload, '$.k') AS j
    LEFT JOIN (mart.customers AS c JOIN mart.tags t ON t.customer_id = c.id) ON c.id = o.customer_id`,
  "14 filter, materialized, not indexed": `
    WITH a AS MATERIALIZED (SELECT * FROM mart.orders), b AS NOT MATERIALIZED (SELECT * FROM raw.orders)
    SELECT count(*) FILTER (WHERE status = 'paid') AS paid, string_agg(b.id, ',' ORDER BY b.id) AS ids,
      max(c.id) AS m
    FROM a JOIN b ON b.id = a.id JOIN mart.customers AS c NOT INDEXED ON c.id = b.customer_id`,
  "15 nested with and values": `
    WITH outer_one AS (
      WITH inner_one(x) AS (VALUES (1), (2))
      SELECT x, name FROM inner_one JOIN raw.nodes ON nodes.id = x
    )
    SELECT * FROM outer_one, (VALUES (10), ((SELECT max(id) FROM mart.tags, raw.allowed)))`,
  "16 parameters": `
    SELECT id, ?1 AS one, :name AS two, @other AS three, $more AS four
    FROM mart.orders WHERE id > coalesce(?1, 0) AND (:name IS NULL OR status = :name)`,
  "17 in table, row values": `
    SELECT id FROM mart.customers
    WHERE id IN raw.allowed AND (id, name) IN (SELECT id, name FROM mart.customers)
      AND (id, 1) > (0, 0) AND id NOT IN "mart"."quo""te"`,
  "18 using, natural, right, full": `
    SELECT * FROM mart.customers
    JOIN staging.customers USING (id)
    NATURAL LEFT JOIN raw.nodes
    RIGHT JOIN raw.allowed USING (id)
    FULL OUTER JOIN mart."odd name" USING (id)`,
};

const TPCH: Record<string, string> = {
  "tpc-h 1: pricing summary": `
    SELECT l_returnflag, l_linestatus, sum(l_quantity) AS sum_qty,
      sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) AS sum_charge, count(*) AS count_order
    FROM tpch.lineitem WHERE l_shipdate <= date('1998-12-01', '-90 days')
    GROUP BY l_returnflag, l_linestatus ORDER BY l_returnflag, l_linestatus`,
  "tpc-h 2: cheapest supplier": `
    SELECT s_name, n_name, p_partkey
    FROM tpch.part, tpch.supplier, tpch.partsupp, tpch.nation, tpch.region
    WHERE p_partkey = ps_partkey AND s_suppkey = ps_suppkey AND p_size = 15 AND p_type LIKE '%BRASS'
      AND s_nationkey = n_nationkey AND n_regionkey = r_regionkey AND ps_supplycost = (
        SELECT min(ps_supplycost) FROM tpch.partsupp, tpch.supplier, tpch.nation, tpch.region
        WHERE p_partkey = ps_partkey AND s_suppkey = ps_suppkey AND s_nationkey = n_nationkey
          AND n_regionkey = r_regionkey)
    ORDER BY s_name LIMIT 100`,
  "tpc-h 4: order priority": `
    SELECT o_orderpriority, count(*) AS order_count FROM tpch.orders
    WHERE o_orderdate >= '1993-01-01' AND EXISTS (
      SELECT * FROM tpch.lineitem WHERE l_orderkey = o_orderkey AND l_commitdate < l_receiptdate)
    GROUP BY o_orderpriority ORDER BY o_orderpriority`,
  "tpc-h 7: volume shipping": `
    SELECT supp_nation, cust_nation, l_year, sum(volume) AS revenue FROM (
      SELECT n1.n_name AS supp_nation, n2.n_name AS cust_nation,
        strftime('%Y', l_shipdate) AS l_year, l_extendedprice * (1 - l_discount) AS volume
      FROM tpch.supplier, tpch.lineitem, tpch.orders, tpch.customer, tpch.nation n1, tpch.nation n2
      WHERE s_suppkey = l_suppkey AND o_orderkey = l_orderkey AND c_custkey = o_custkey
        AND s_nationkey = n1.n_nationkey AND c_nationkey = n2.n_nationkey
    ) AS shipping GROUP BY supp_nation, cust_nation, l_year ORDER BY 1, 2, 3`,
  "tpc-h 12: shipping modes": `
    SELECT l_shipmode, sum(CASE WHEN o_orderpriority IN ('1-URGENT', '2-HIGH') THEN 1 ELSE 0 END) AS high
    FROM tpch.orders, tpch.lineitem
    WHERE orders.o_orderkey = lineitem.l_orderkey AND l_shipmode IN ('MAIL', 'SHIP', 'AIR')
    GROUP BY l_shipmode ORDER BY l_shipmode`,
  "tpc-h 13: customer distribution": `
    SELECT c_count, count(*) AS custdist FROM (
      SELECT c_custkey, count(o_orderkey) FROM tpch.customer LEFT OUTER JOIN tpch.orders
        ON c_custkey = o_custkey AND o_orderpriority NOT LIKE '%special%'
      GROUP BY c_custkey) AS c_orders, (SELECT 1 AS c_count)
    GROUP BY c_count`,
  "tpc-h 15: top supplier": `
    WITH revenue(supplier_no, total) AS (
      SELECT l_suppkey, sum(l_extendedprice * (1 - l_discount)) FROM tpch.lineitem GROUP BY l_suppkey)
    SELECT s_suppkey, s_name, total FROM tpch.supplier, revenue
    WHERE s_suppkey = supplier_no AND total = (SELECT max(total) FROM revenue)`,
  "tpc-h 21: suppliers who kept orders waiting": `
    SELECT s_name, count(*) AS numwait
    FROM tpch.supplier, tpch.lineitem l1, tpch.orders, tpch.nation
    WHERE s_suppkey = l1.l_suppkey AND o_orderkey = l1.l_orderkey
      AND EXISTS (SELECT * FROM tpch.lineitem l2 WHERE l2.l_orderkey = l1.l_orderkey
                  AND l2.l_suppkey <> l1.l_suppkey)
      AND NOT EXISTS (SELECT * FROM tpch.lineitem l3 WHERE l3.l_orderkey = l1.l_orderkey
                  AND l3.l_receiptdate > l3.l_commitdate AND l3.l_suppkey <> l1.l_suppkey)
      AND s_nationkey = n_nationkey
    GROUP BY s_name ORDER BY numwait DESC, s_name`,
  "tpc-h 22: global sales opportunity": `
    SELECT cntrycode, count(*) AS numcust, sum(c_acctbal) AS totacctbal FROM (
      SELECT substr(c_phone, 1, 2) AS cntrycode, c_acctbal FROM tpch.customer
      WHERE substr(c_phone, 1, 2) IN ('13', '31')
        AND c_acctbal > (SELECT avg(c_acctbal) FROM tpch.customer WHERE c_acctbal > 0.00)
        AND NOT EXISTS (SELECT * FROM tpch.orders WHERE o_custkey = c_custkey)
    ) AS custsale GROUP BY cntrycode ORDER BY cntrycode`,
};

const ODD: Record<string, string> = {
  "no table": "SELECT 1 + 1 AS two",
  "values alone": "VALUES (1, 'FROM mart.orders'), (2, (SELECT count(*) FROM raw.allowed))",
  "no spaces": `SELECT"id"FROM"mart"."customers"WHERE"id"IN"raw"."allowed"ORDER BY"id"`,
  "keywords in any case": "sElEcT id fRoM MART.CUSTOMERS wHeRe CUSTOMERS.ID iN RAW.ALLOWED",
  "windows line ends": "SELECT id\r\nFROM mart.\r\ncustomers\r\nWHERE id > 1",
  "byte order mark": "\ufeffSELECT id FROM mart.customers",
  "comment without a space": "SELECT id FROM/**/mart.customers/**/WHERE/**/id=1--",
  "names with blanks, quotes and dots": `
    SELECT "odd name".val, t.id AS t, "dot.ted".id AS d
    FROM mart."odd name" JOIN mart.'quo"te' AS t USING (id), [mart].[dot.ted]`,
  "table named by a reserved word": `
    SELECT "order".total, [order].id FROM mart."order" WHERE mart."order".id = 1`,
  "table named by a join word": "SELECT left.id FROM mart.left LEFT JOIN mart.tags ON left.id = 1",
  "name past ascii": "SELECT ünïcode.id FROM mart.ünïcode",
  "alias named by a soft keyword": `
    SELECT end.id, key.id AS k FROM mart.customers end JOIN mart.orders AS key ON key.id = end.id`,
  "alias window": "SELECT window.id FROM mart.customers window",
  "window clause after a table without alias": `
    SELECT sum(id) OVER win AS s FROM mart.customers WINDOW win AS (ORDER BY id), x AS ()`,
  "columns named by soft keywords": `
    SELECT min(with) AS w, window, replace FROM (SELECT 1 AS with, 2 AS window, 3 AS replace)`,
  "reference to a later common table expression": `
    WITH a AS (SELECT * FROM b), b AS (SELECT id FROM raw.allowed) SELECT * FROM a`,
  "name of a common table expression outside of its scope": `
    SELECT (WITH allowed AS (SELECT 5 AS id) SELECT id FROM allowed) AS a, id FROM raw.allowed`,
  "common table expression of an outer query in a subquery": `
    WITH x AS (SELECT id FROM raw.allowed)
    SELECT id FROM mart.customers WHERE id IN (SELECT id FROM (SELECT * FROM x))`,
  "inner common table expression hides the outer one": `
    WITH x AS (SELECT id FROM raw.allowed)
    SELECT * FROM (WITH x AS (SELECT id FROM raw.nodes) SELECT * FROM x) JOIN x USING (id)`,
  "qualified table of a common table expression's name": `
    WITH orders AS (SELECT 1 AS id) SELECT o.amount FROM raw.orders o JOIN orders ON orders.id = o.id`,
  "in common table expression": `
    WITH few AS (SELECT 1) SELECT id FROM mart.customers WHERE id IN few OR id IN mart.'quo"te'`,
  "in function": `
    SELECT id FROM raw.orders WHERE 'k' IN (SELECT key FROM json_each(payload)) AND id IN raw.allowed`,
  "with after in and exists": `
    SELECT id FROM mart.customers WHERE id IN (WITH t AS (SELECT id FROM raw.allowed) SELECT id FROM t)
      AND EXISTS (WITH t(n) AS (VALUES (1)) SELECT 1 FROM t, raw.nodes WHERE n = customers.id)`,
  "quoted common table expressions": `
    WITH "a b" AS (SELECT id FROM raw.allowed), [c] AS (SELECT 1 AS one) SELECT * FROM [a b], C`,
  "recursive with two starting points": `
    WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT id FROM raw.allowed UNION SELECT i + 1 FROM n WHERE i < 5)
    SELECT i FROM n ORDER BY i`,
  "join in nested parentheses": `
    SELECT * FROM ((mart.customers c JOIN mart.tags t ON t.customer_id = c.id) CROSS JOIN (raw.allowed))
    JOIN ((SELECT 3 AS three)) ON three = 3`,
  "columns of three parts inside a join in parentheses": `
    SELECT mart.tags.tag, mart.customers.name
    FROM (mart.customers JOIN mart.tags ON mart.tags.customer_id = mart.customers.id)`,
  "comma after on": `
    SELECT count(*) AS n FROM mart.customers c JOIN mart.orders o ON o.customer_id = c.id, raw.nodes,
      mart.tags t JOIN raw.allowed USING (id)`,
  "is distinct from in on": `
    SELECT c.id FROM mart.customers c JOIN mart.orders o
      ON c.id IS NOT DISTINCT FROM o.customer_id, raw.allowed a WHERE a.id = 1`,
  "commas after where": `
    SELECT id FROM mart.customers WHERE id IN (1, 2, 3) GROUP BY id, name HAVING max(id) > 0 ORDER BY id, name`,
  "subqueries in order by and limit": `
    SELECT id FROM mart.customers ORDER BY (SELECT count(*) FROM mart.orders WHERE customer_id = customers.id) DESC, id
    LIMIT (SELECT count(*) FROM raw.allowed) OFFSET (SELECT min(id) FROM raw.nodes)`,
  "subquery in case, function and cast": `
    SELECT CASE WHEN id = (SELECT min(id) FROM raw.allowed) THEN coalesce((SELECT max(id) FROM raw.nodes), 0)
      ELSE CAST((SELECT count(*) FROM mart.tags) AS TEXT) END AS x FROM mart.customers`,
  "alias after a subquery and a function": `
    SELECT s.id, e.value FROM (SELECT id FROM raw.orders) s, json_each('[1,2]') e WHERE e.value = s.id`,
  "function without alias": "SELECT json_each.value, allowed.id FROM raw.allowed, json_each('[7]')",
  "function of a schema": "SELECT value FROM main.json_each('[7]') JOIN raw.allowed",
  "alias in a column of three parts": "SELECT mart.c.id FROM mart.customers c WHERE mart.c.id < 3",
  "same table twice": `
    SELECT a.id, b.id AS b FROM mart.customers a JOIN mart.customers b ON a.city IS NOT b.city`,
  "same name in two schemas, told apart by aliases": `
    SELECT r.payload, s.net FROM raw.orders r JOIN staging.orders s USING (id)`,
  "same name in two schemas, columns in one of them only": `
    SELECT orders.payload, orders.net FROM raw.orders JOIN staging.orders USING (id)`,
  "same name in two schemas, told apart by columns of three parts": `
    SELECT raw.orders.id, staging.orders.id AS s, payload, net
    FROM raw.orders JOIN staging.orders ON raw.orders.id = staging.orders.id`,
  "same name in two schemas, correlated": `
    SELECT id, (SELECT raw.orders.payload FROM raw.orders WHERE raw.orders.id = staging.orders.id) AS p
    FROM staging.orders WHERE orders.net > 5`,
  "same name in two schemas, correlated, near name without schema": `
    SELECT staging.orders.id FROM staging.orders
    WHERE EXISTS (SELECT 1 FROM raw.orders WHERE orders.amount > 100 AND orders.id = staging.orders.id)
      AND orders.net > 0`,
  "same name in two schemas, star of each": `
    SELECT o.*, n.* FROM raw.orders o, (SELECT orders.* FROM staging.orders
      WHERE staging.orders.id IN (SELECT orders.id FROM raw.orders WHERE raw.orders.amount > 0)) n`,
  "common table expression and table of one name": `
    WITH customers AS (SELECT * FROM mart.customers WHERE mart.customers.active)
    SELECT customers.name, (SELECT raw.customers.name FROM raw.customers
      WHERE raw.customers.id = 1 AND customers.id < 5) AS raw_name
    FROM customers`,
  "same alias as another table's name": `
    SELECT staging.orders.region_id, raw.orders.id AS r
    FROM staging.customers AS orders JOIN raw.orders ON raw.orders.id = staging.orders.id`,
  "same name in two schemas, three levels": `
    SELECT (SELECT max((SELECT raw.orders.amount FROM raw.orders WHERE raw.orders.id = orders.id
        AND mart.orders.id = raw.orders.id)) FROM mart.orders WHERE mart.orders.id = staging.orders.id) AS a,
      orders.net
    FROM staging.orders ORDER BY orders.id`,
  "aggregate over compound in from": `
    SELECT kind, count(*) AS n FROM (SELECT 'raw' AS kind, id FROM raw.orders UNION ALL
      SELECT 'staging', id FROM staging.orders UNION ALL VALUES ('none', 0)) GROUP BY kind`,
  "string and blob literals":
    `SELECT x'46524F4D', X'', 'a''b', "id" FROM raw.allowed WHERE 'IN raw.nodes' <> ''`,
  "numbers of every form": "SELECT 1., .5, 1e3, 0xFF, 1_000, 1.5e-3 FROM raw.allowed",
  "json operators":
    "SELECT payload ->> '$.k' AS a, payload->'$.k' AS b, 'x'||id AS c FROM raw.orders",
  "parameters of tcl form":
    "SELECT $a::b(c) AS p, :x AS q, id FROM raw.allowed WHERE id IN (:x, 1)",
  "semicolon and comment at the end": "SELECT id FROM raw.allowed; -- FROM mart.orders\n;",
};

/** What the authorizer does not tell: tables used for nothing but USING and NATURAL columns. */
const UNSEEN: Record<string, readonly string[]> = {
  "18 using, natural, right, full": ["raw.nodes", "raw.allowed"],
  "comma after on": ["raw.allowed"],
};

for (const [title, sql] of Object.entries({ ...THEMES, ...TPCH, ...ODD })) {
  Deno.test(`findTableReferences() finds what SQLite reads: ${title}`, () => {
    using database = openAttached();
    const read = readTables(database, sql);
    const expected = new Set([...read, ...(UNSEEN[title] ?? [])]);
    const found = findTableReferences(sql).map(({ schema, table }) => `${schema}.${table}`);
    assert.deepEqual(new Set(found.map(foldName)), expected);
  });

  Deno.test(`rewriteTableReferences() keeps the rows: ${title}`, () => {
    using attached = openAttached();
    using single = openSingle();
    const rewritten = rewriteTableReferences(sql, nameInSingle);
    assert.deepEqual(run(single, rewritten), run(attached, sql), rewritten);
    assert.equal(rewritten.split("\n").length, sql.split("\n").length);
    assert.deepEqual(findTableReferences(rewritten).filter(({ schema }) => schema), []);
  });

  Deno.test(`readSingleSelect() accepts: ${title}`, () => {
    using single = openSingle();
    const read = readSingleSelect(sql);
    assert.ok(read.ok, JSON.stringify(read));
    assert.ok(sql.startsWith(read.text, read.start));
    const rewritten = rewriteTableReferences(read.text, nameInSingle);
    assert.ok(run(single, `SELECT * FROM (${rewritten})`));
  });
}

function nameInSingle({ schema, table }: { schema?: string; table: string }): string | undefined {
  return schema === undefined || schema === "main" ? undefined : foldName(`${schema}.${table}`);
}

function openAttached(): DatabaseSync {
  return openWith((database, schema) => {
    database.exec(`ATTACH ':memory:' AS ${schema}`);
    return (table) => `${schema}.${quoteIdentifier(table)}`;
  });
}

function openSingle(): DatabaseSync {
  return openWith((_database, schema) => (table) => quoteIdentifier(`${schema}.${table}`));
}

function openWith(
  addSchema: (database: DatabaseSync, schema: string) => (table: string) => string,
): DatabaseSync {
  const database = new DatabaseSync(":memory:");
  for (const [schema, tables] of Object.entries(TABLES)) {
    const nameOf = addSchema(database, schema);
    for (const [table, { columns, rows }] of Object.entries(tables)) {
      database.exec(`CREATE TABLE ${nameOf(table)} (${columns})`);
      for (const row of rows) {
        const places = row.map(() => "?").join(", ");
        database.prepare(`INSERT INTO ${nameOf(table)} VALUES (${places})`).run(...row);
      }
    }
  }
  return database;
}

const SQLITE_OK = 0;
const SQLITE_READ = 20;

/** What Deno's type declarations of `node:sqlite` lack. */
interface Authorized {
  setAuthorizer(
    callback:
      | ((
        action: number,
        table: string | null,
        column: string | null,
        schema: string | null,
      ) => number)
      | null,
  ): void;
}

function readTables(database: DatabaseSync, sql: string): Set<string> {
  const tables = new Set<string>();
  const authorized = database as unknown as Authorized;
  authorized.setAuthorizer((action, table, _column, schema) => {
    if (action === SQLITE_READ && schema !== "main") tables.add(`${schema}.${table}`);
    return SQLITE_OK;
  });
  database.prepare(sql);
  authorized.setAuthorizer(null);
  return tables;
}

/** Parameters are left NULL. */
function run(database: DatabaseSync, sql: string): { columns: string[]; rows: unknown[] } {
  const statement = database.prepare(sql);
  const columns = statement.columns().map((column) => column.name);
  return { columns, rows: statement.all().map((row) => ({ ...row })) };
}
