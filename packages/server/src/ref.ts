/** Names a user, a conversation or a space: the `id`, or `ext:` and your own id. */
export type Ref = number | `ext:${string}`;
