/**
 * One stored row: work may be outstanding. The row survives a crash or an eviction, and the alarm finishes
 * the work.
 */
export interface RetryMarker {
  isSet(): boolean;
  set(): void;
  clear(): void;
}
