import { DurableObject } from "cloudflare:workers";
import type { Metrics } from "../domain/operation/metrics.ts";
import { HookId } from "../domain/server/hook.ts";
import type { Timing } from "../domain/timing.ts";
import { beingRestored, ObjectBackup } from "../object/backup/object-backup.ts";
import { endRestoring, isRestoring } from "../object/backup/restoring.ts";
import { CallBudget } from "../object/concurrency.ts";
import { AlarmJobs } from "../object/jobs/alarm-jobs.ts";
import { type JobTable, jobsOf } from "../object/jobs/job-table.ts";
import { hasSchema, migrate } from "../object/migrations.ts";
import { Coverage, type CoverageDeps, type Round } from "./coverage.ts";
import { MIGRATIONS } from "./migrations.ts";
import { UserFeed, type UserFeedDeps } from "./user-feed.ts";

/** What a hook needs from outside; `src/worker.ts` hands it in. */
export interface HookDeps extends CoverageDeps, UserFeedDeps {
  metrics: Metrics;
  timing: Timing;
}

/** What a hook does later, by its alarm. */
type HookJobKind = "cover" | "users";

/** The life cycle of a hook's object. `HookObject` has its calls. */
export abstract class HookLifecycle extends DurableObject<Env> {
  readonly backup: ObjectBackup;
  readonly #jobs: AlarmJobs<HookJobKind>;
  readonly #coverage: Coverage;
  readonly #users: UserFeed;
  readonly #timing: Timing;

  constructor(ctx: DurableObjectState, env: Env, deps: HookDeps) {
    super(ctx, env);
    this.#timing = deps.timing;
    this.backup = new ObjectBackup(ctx.storage, { migrations: MIGRATIONS, leftOut: [] });
    this.#coverage = new Coverage(ctx.storage.sql, deps);
    this.#users = new UserFeed(ctx.storage.sql, deps, deps.timing.hooks);
    const table: JobTable<HookJobKind, this> = {
      cover: async (_, __, calls) => ((await this.#coverage.goOn(this.#id, calls)) ? null : Date.now()),
      users: { run: () => this.#users.run(this.#id), isBeside: true },
    };
    const jobs = jobsOf(table, async () => this);
    this.#jobs = new AlarmJobs(ctx.storage, jobs, deps.timing.jobs, (event, job) =>
      deps.metrics.count(event, { object: "hook", job }),
    );
    // A hook that was never used makes its tables with its first call.
    if (!hasSchema(ctx.storage) || isRestoring(ctx.storage)) return;
    void ctx.blockConcurrencyWhile(async () => {
      migrate(ctx.storage, MIGRATIONS);
      await this.#jobs.start();
    });
  }

  /** For each call but those of a restore. @throws `unavailable` while the hook is being restored */
  async ensureLoaded(): Promise<this> {
    if (isRestoring(this.ctx.storage)) throw beingRestored();
    if (!hasSchema(this.ctx.storage)) migrate(this.ctx.storage, MIGRATIONS);
    return this;
  }

  /** @see BackedUp.endRestore */
  async endRestore(): Promise<void> {
    const { storage } = this.ctx;
    if (!isRestoring(storage)) return;
    storage.transactionSync(() => {
      endRestoring(storage);
      migrate(storage, MIGRATIONS);
    });
    await this.#jobs.start();
  }

  /** Begins a round through the conversations. Their first hundred are told before it resolves. */
  async startRound(round: Round): Promise<void> {
    await this.#users.begin(round.since, round.isReplay);
    this.#coverage.begin(round);
    this.lookAtUsers();
    this.#jobs.schedule("cover", "", Date.now() + this.#timing.hooks.coverRetryMs);
    const isOver = await this.#coverage.goOn(this.#id, new CallBudget(this.#timing.jobs.maxCalls));
    if (!isOver) this.#jobs.schedule("cover", "", Date.now());
  }

  /** Has the hook told what became of users. */
  lookAtUsers(): void {
    this.#jobs.schedule("users", "", Date.now());
  }

  override async alarm(): Promise<void> {
    await this.#jobs.run();
  }

  get #id(): HookId {
    return HookId.parse(this.ctx.id.name);
  }
}
