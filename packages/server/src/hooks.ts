import type { components } from "../../client/src/api/openapi.d.ts";
import type { Calls } from "./calls.ts";

type Schemas = components["schemas"];

/** The hooks: addresses of the backend that Parley calls. */
export class Hooks {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /**
   * Makes a hook. `secret` of the answer is shown once: `verifyHook` takes it.
   * @throws {ParleyError} `validation_failed`: the address is not one that Parley calls
   */
  create(hook: Schemas["NewHook"]): Promise<Schemas["CreatedHook"]> {
    return this.#calls.call("post", "/v1/server/hooks", { body: hook });
  }

  /** All of them, the newest first. */
  async list(): Promise<Schemas["Hook"][]> {
    return (await this.#calls.call("get", "/v1/server/hooks")).items;
  }

  get(id: string): Promise<Schemas["Hook"]> {
    return this.#calls.call("get", "/v1/server/hooks/{id}", { path: { id } });
  }

  /** Only given fields change. `state: "active"` makes a disabled hook active again. */
  change(id: string, change: Schemas["HookChange"]): Promise<Schemas["Hook"]> {
    const input = { path: { id }, body: change };
    return this.#calls.call("patch", "/v1/server/hooks/{id}", input, { retry: true });
  }

  delete(id: string): Promise<void> {
    return this.#calls.remove((calls) =>
      calls.call("delete", "/v1/server/hooks/{id}", { path: { id } }, { retry: true }),
    );
  }

  /** Has the hook called once, with an event `test`. @returns how it answered */
  test(id: string): Promise<Schemas["HookTest"]> {
    return this.#calls.call("post", "/v1/server/hooks/{id}/test", { path: { id } });
  }

  /** Gives the hook a new secret. For 24 h both sign. */
  rotate(id: string): Promise<Schemas["RotatedHook"]> {
    return this.#calls.call("post", "/v1/server/hooks/{id}/rotate", { path: { id } });
  }

  /** The events whose last try failed. */
  async failed(id: string): Promise<Schemas["FailedDeliveries"]["items"]> {
    const input = { path: { id }, query: { state: "failed" } } as const;
    return (await this.#calls.call("get", "/v1/server/hooks/{id}/deliveries", input)).items;
  }

  /**
   * Has what came since a time told again, under the ids of the first time.
   * @param since a date, or ms since 1970 as in `created_at`
   */
  async replay(id: string, since: Date | number): Promise<void> {
    const body = { since: Number(since) };
    await this.#calls.call("post", "/v1/server/hooks/{id}/replay", { path: { id }, body });
  }
}
