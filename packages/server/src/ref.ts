/** Names a user or a conversation: the `id`, or `ext:` and your own id. */
export type Ref = number | `ext:${string}`;
