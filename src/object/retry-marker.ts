/** A note in storage that something may be left to do: a crash or an eviction leaves it standing. */
export interface RetryMarker {
  isSet(): boolean;
  set(): void;
  clear(): void;
}
