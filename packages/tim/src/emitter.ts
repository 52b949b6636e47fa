import type { Handler } from "./types.ts";

/** Tells handlers of events. One that throws keeps nobody from being told. */
export class Emitter {
  readonly #handlers = new Map<string, { handler: Handler; context: unknown }[]>();

  on(name: string, handler: Handler, context?: unknown): void {
    const handlers = this.#handlers.get(name) ?? [];
    if (handlers.some((known) => known.handler === handler && known.context === context)) return;
    this.#handlers.set(name, [...handlers, { handler, context }]);
  }

  off(name: string, handler: Handler, context?: unknown): void {
    const isOther = (known: { handler: Handler; context: unknown }) =>
      known.handler !== handler || (context !== undefined && known.context !== context);
    this.#handlers.set(name, (this.#handlers.get(name) ?? []).filter(isOther));
  }

  emit(name: string, data: unknown): void {
    for (const { handler, context } of this.#handlers.get(name) ?? []) {
      try {
        handler.call(context, { name, data });
      } catch (error) {
        // As an event handler of the platform: the error is reported, and stops nothing.
        setTimeout(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.#handlers.clear();
  }
}
