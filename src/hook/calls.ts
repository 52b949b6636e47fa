import { callsOf, effect } from "../object/calls/object-call.ts";
import { WEIGHTS } from "../object/user-budgets.ts";
import type { Round } from "./coverage.ts";
import type { HookLifecycle } from "./lifecycle.ts";

const { repeatable } = callsOf<HookLifecycle>();

/** The calls of hooks. */
export const HOOK_CALLS = {
  /**
   * Has the conversations told of the hook, or tell it anew what they told before. Those of a small
   * deployment know it before this resolves. Idempotent.
   */
  cover: effect(repeatable(WEIGHTS.unweighed, (hook, round: Round) => hook.startRound(round))),

  /** Has the hook told what became of users since it was last told. Idempotent. */
  wake: effect(repeatable(WEIGHTS.unweighed, (hook) => hook.lookAtUsers())),
};
