import type { paths } from "./openapi.d.ts";

/** The methods of calls. */
export type Method = "get" | "put" | "post" | "patch" | "delete";

type Operation<M extends Method, P extends keyof paths> = Exclude<paths[P][M], undefined>;

/** The paths that a method has. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: Operation<M, P> extends never ? never : P;
}[keyof paths];

/** A field that is optional if nothing in it is demanded. */
type Field<Name extends string, T> = [T] extends [never]
  ? unknown
  : Record<never, never> extends T
    ? { [N in Name]?: T }
    : { [N in Name]: T };

type PathInput<Op> = Op extends { parameters: { path: infer T } } ? T : never;
type QueryInput<Op> = Op extends { parameters: { query?: infer T } } ? Exclude<T, undefined> : never;
type BodyInput<Op> = Op extends { requestBody: { content: { "application/json": infer T } } }
  ? T
  : Op extends { requestBody?: { content: { "application/json": infer T } } }
    ? Partial<T>
    : never;

/** What a call takes: `path`, `query` and `body`, as /openapi.json has them. */
export type Input<M extends Method, P extends keyof paths> = Field<"path", PathInput<Operation<M, P>>> &
  Field<"query", QueryInput<Operation<M, P>>> &
  Field<"body", BodyInput<Operation<M, P>>>;

type Success = 200 | 201 | 202 | 204;
type Content<Response> = Response extends { content: { "application/json": infer T } } ? T : null;

/** What a call answers; null: nothing. */
export type Output<M extends Method, P extends keyof paths> =
  Operation<M, P> extends { responses: infer R }
    ? { [S in keyof R]: S extends Success ? Content<R[S]> : never }[keyof R]
    : never;

/** What a call takes, when its path is not known to the compiler. */
export interface AnyInput {
  path?: Record<string, string | number>;
  query?: Record<string, unknown>;
  body?: unknown;
}
