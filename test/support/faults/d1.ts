import { env } from "cloudflare:workers";
import { Gate } from "./gate.ts";

const lost = () => Promise.reject(new Error("D1_ERROR: Network connection lost."));
const statement = { bind: () => statement, all: lost, run: lost, raw: lost, first: lost };

/** A binding of D1 without a connection: every statement and batch fails. */
export const LOST_D1: D1Database = new Proxy(env.DB, {
  get(target, key) {
    if (key === "batch") return lost;
    return key === "prepare" ? () => statement : Reflect.get(target, key);
  },
});

/** Performs a query of D1, or not. `query` is `BATCH` for a batch, whose `values` are not passed. */
type Asked = <T>(query: string, work: () => Promise<T>, values: unknown[]) => Promise<T>;

/** Passes every statement and batch of D1 to `on`, until the returned object is disposed. */
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

/** Holds back the answers of statements that match a pattern, until they are released. */
export class HeldQueries extends Gate {
  readonly #held: Disposable;

  constructor(pattern: RegExp) {
    super();
    this.#held = interceptD1(async (query, work) => {
      const answer = await work();
      if (pattern.test(query)) await this.pass();
      return answer;
    });
  }

  [Symbol.dispose](): void {
    this.release();
    this.#held[Symbol.dispose]();
  }
}
