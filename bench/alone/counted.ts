/**
 * Parley, which counts: calls to objects, calls of D1 with their rows, and rows of objects.
 * `GET /bench/counts` answers what was counted since the time before.
 *
 * D1 tells no rows of some reads: with `?rows=true` such a read is made a second time from then on, for its
 * rows alone, so that times are taken without it.
 */
import worker, {
  Archive,
  Hook,
  Conversation as ProductConversation,
  Inbox as ProductInbox,
  Relay as ProductRelay,
} from "../../src/index.ts";

type Cursor = SqlStorageCursor<Record<string, SqlStorageValue>>;

/** What is counted: calls by their names, calls of D1, and rows. */
const counts = { calls: new Map<string, number>(), d1Calls: 0, d1Read: 0, d1Written: 0 };
const cursors = new Set<Cursor>();
const counted = new WeakSet<object>();
let hasRows = false;

export class Conversation extends ProductConversation {
  constructor(ctx: DurableObjectState, env: Env) {
    countIn(env);
    countRows(ctx.storage.sql);
    super(ctx, env);
  }
}

export class Inbox extends ProductInbox {
  constructor(ctx: DurableObjectState, env: Env) {
    countIn(env);
    countRows(ctx.storage.sql);
    super(ctx, env);
  }
}

export class Relay extends ProductRelay {
  constructor(ctx: DurableObjectState, env: Env) {
    countIn(env);
    super(ctx, env);
  }
}

export { Archive, Hook };

export default {
  ...worker,
  fetch(request, env, ctx) {
    countIn(env);
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== "/bench/counts") return worker.fetch(request, env, ctx);
    hasRows = searchParams.get("rows") === "true";
    return Response.json(taken());
  },
} satisfies ExportedHandler<Env>;

/** What was counted, which is counted no more. */
function taken() {
  const rows = [...cursors];
  const answer = {
    ...{ calls: Object.fromEntries(counts.calls), d1Calls: counts.d1Calls },
    ...{ d1Read: counts.d1Read, d1Written: counts.d1Written },
    objectRead: rows.reduce((sum, { rowsRead }) => sum + rowsRead, 0),
    objectWritten: rows.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0),
  };
  cursors.clear();
  counts.calls.clear();
  Object.assign(counts, { d1Calls: 0, d1Read: 0, d1Written: 0 });
  return answer;
}

/** Counts the calls by some bindings, once. */
function countIn(env: Env): void {
  if (counted.has(env.DB)) return;
  counted.add(env.DB);
  const prepare = env.DB.prepare.bind(env.DB);
  const batch = env.DB.batch.bind(env.DB);
  const prepared = (query: string) => countStatement(query, prepare(query));
  Object.defineProperty(env.DB, "prepare", { value: prepared });
  Object.defineProperty(env.DB, "batch", {
    value: async (statements: D1PreparedStatement[]) => {
      counts.d1Calls++;
      const results = await batch(statements);
      results.forEach(countResult);
      return results;
    },
  });
  for (const [name, namespace] of Object.entries({
    ...{ conversation: env.CONVERSATION, inbox: env.INBOX, relay: env.RELAY },
  })) {
    const getByName = namespace.getByName.bind(namespace);
    Object.defineProperty(namespace, "getByName", {
      value: (id: string) => countCalls(getByName(id), name),
    });
  }
}

/** Counts the runs of a statement. */
function countStatement(query: string, statement: D1PreparedStatement): D1PreparedStatement {
  const bind = statement.bind.bind(statement);
  const all = statement.all.bind(statement);
  const raw = statement.raw.bind(statement);
  const value = (...values: unknown[]) => countStatement(query, bind(...values));
  const answered = async () => {
    counts.d1Calls++;
    const result = await all();
    countResult(result);
    return result;
  };
  const plain = async () => {
    // What writes is made once: the names of its columns are distinct, so that their values are the same.
    if (!/^\s*select/i.test(query)) return (await answered()).results.map((row) => Object.values(row));
    counts.d1Calls++;
    const rows = await raw();
    if (hasRows) countResult(await all());
    return rows;
  };
  const methods = { bind: value, all: answered, run: answered, raw: plain };
  for (const [name, method] of Object.entries(methods))
    Object.defineProperty(statement, name, { value: method });
  return statement;
}

function countResult({ meta }: D1Result): void {
  counts.d1Read += meta.rows_read;
  counts.d1Written += meta.rows_written;
}

/** Counts the calls on the stub of an object, or over a channel to it. */
function countCalls<Callee extends object>(callee: Callee, kind: string): Callee {
  return new Proxy(callee, {
    get: (target, property) => {
      const found: unknown = Reflect.get(target, property, target);
      if (typeof found !== "function" || property === "constructor") return found;
      return (...args: unknown[]) => {
        const answer: unknown = Reflect.apply(found, target, args);
        if (typeof property === "symbol") return answer;
        if (property === "openCalls" && answer instanceof Promise)
          return answer.then((end: object) => countCalls(end, kind));
        const name = `${kind}.${property}`;
        counts.calls.set(name, (counts.calls.get(name) ?? 0) + 1);
        return answer;
      };
    },
  });
}

/** Counts the rows of an object. */
function countRows(sql: SqlStorage): void {
  if (counted.has(sql)) return;
  counted.add(sql);
  const exec = sql.exec.bind(sql);
  Object.defineProperty(sql, "exec", {
    value: (query: string, ...bindings: SqlStorageValue[]) => {
      const cursor = exec(query, ...bindings);
      if (hasRows) cursors.add(cursor);
      return cursor;
    },
  });
}
