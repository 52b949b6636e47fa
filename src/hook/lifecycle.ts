import { DurableObject } from "cloudflare:workers";
import { HookId } from "../domain/server/hook.ts";
import type { Timing } from "../domain/timing.ts";
import { AlarmJobs } from "../object/alarm-jobs.ts";
import { CallBudget } from "../object/concurrency.ts";
import { migrate } from "../object/migrations.ts";
import { Coverage, type CoverageDeps, type Round } from "./coverage.ts";
import { MIGRATIONS } from "./migrations.ts";

/** What a hook needs from outside; `src/worker.ts` hands it in. */
export interface HookDeps extends CoverageDeps {
  timing: Timing;
}

/** What a hook does later, by its alarm. */
type HookJobKind = "cover";

/** The life cycle of a hook's object. `HookObject` has its calls. */
export abstract class HookLifecycle extends DurableObject<Env> {
  readonly #jobs: AlarmJobs<HookJobKind>;
  readonly #coverage: Coverage;
  readonly #timing: Timing;

  constructor(ctx: DurableObjectState, env: Env, deps: HookDeps) {
    super(ctx, env);
    this.#timing = deps.timing;
    this.#coverage = new Coverage(ctx.storage.sql, deps);
    const handlers = {
      cover: async (_: string, calls: CallBudget) => {
        const isOver = await this.#coverage.goOn(this.#id, calls);
        return isOver ? null : Date.now();
      },
    };
    this.#jobs = new AlarmJobs<HookJobKind>(ctx.storage, handlers, deps.timing.jobs);
    void ctx.blockConcurrencyWhile(async () => {
      migrate(ctx.storage, MIGRATIONS);
      await this.#jobs.start();
    });
  }

  /** Begins a round through the conversations. Their first hundred are told before it resolves. */
  async startRound(round: Round): Promise<void> {
    this.#coverage.begin(round);
    this.#jobs.schedule("cover", "", Date.now() + this.#timing.hooks.coverRetryMs);
    const isOver = await this.#coverage.goOn(this.#id, new CallBudget(this.#timing.jobs.maxCalls));
    if (!isOver) this.#jobs.schedule("cover", "", Date.now());
  }

  override async alarm(): Promise<void> {
    await this.#jobs.run();
  }

  get #id(): HookId {
    return HookId.parse(this.ctx.id.name);
  }
}
