import { env } from "cloudflare:workers";

/** Does what D1 is asked, or does not; `query` is `BATCH` for several statements at once, whose `values` are not told. */
type Asked = <T>(query: string, work: () => Promise<T>, values: unknown[]) => Promise<T>;

/** Has every statement and batch, whoever asks it of D1, go through `on`, until this is disposed of. */
export function interceptD1(on: Asked): Disposable {
  const { DB } = env;
  function wrapped(
    query: string,
    statement: D1PreparedStatement,
    bound: unknown[] = [],
  ): D1PreparedStatement {
    for (const name of ["all", "raw", "run", "first"] as const) {
      const original: unknown = Reflect.get(statement, name);
      const value = (...args: unknown[]) =>
        on(
          query,
          async () => Reflect.apply(original instanceof Function ? original : missing, statement, args),
          bound,
        );
      Object.defineProperty(statement, name, { configurable: true, value });
    }
    const bind = statement.bind.bind(statement);
    const value = (...values: unknown[]) => wrapped(query, bind(...values), values);
    return Object.defineProperty(statement, "bind", { configurable: true, value });
  }
  const prepare = DB.prepare.bind(DB);
  const batch = DB.batch.bind(DB);
  Object.defineProperty(DB, "prepare", {
    configurable: true,
    value: (query: string) => wrapped(query, prepare(query)),
  });
  Object.defineProperty(DB, "batch", {
    configurable: true,
    value: (statements: D1PreparedStatement[]) => on("BATCH", () => batch(statements), []),
  });
  return {
    [Symbol.dispose]() {
      Reflect.deleteProperty(DB, "prepare");
      Reflect.deleteProperty(DB, "batch");
    },
  };
}

function missing(): never {
  throw new Error("D1 has these methods");
}
