export type { components, paths } from "../../client/src/api/openapi.d.ts";
export type { Input, Method, Output, PathOf } from "../../client/src/api/operations.ts";
export type { Acting, CallOptions, Fetch } from "./calls.ts";
export type { HookDecision, HookEvent, SendingEvent } from "./hook-event.ts";
export { Parley, type ParleyOptions } from "./parley.ts";
export { type ErrorCode, ParleyError } from "./parley-error.ts";
export type { Ref } from "./ref.ts";
export { HookError, type HookRequest, verifyHook } from "./verify-hook.ts";
