/** The stored due time of one alarm job. The row survives a crash or an eviction. */
export interface Wakeup {
  /** Has the alarm run the job at `due` (ms since 1970), or earlier if it is scheduled earlier. */
  set(due: number): void;
  cancel(): void;
}
