/**
 * The types of `<parley-chat>` and `<parley-inbox>`, which `/assets/embed.js` of the same server defines.
 * Save this file in the project of the page. `/docs/embed` describes the elements.
 */

/**
 * Gives a token of the user's session. One that throws is asked again a little later.
 * @param refused the token that the server has refused, or that ends within a minute: another one is wanted
 * @returns null: the user is signed out
 */
export type GetToken = (refused?: string) => string | null | undefined | Promise<string | null | undefined>;

/** What both elements have. */
export interface ParleyElement extends HTMLElement {
  /** gives a token, and a new one before the last one ends or when the server refuses it */
  getToken: GetToken | undefined;
  /** connects again after `signed_out`: `getToken` is asked anew */
  renew(): void;
}

/** `<parley-chat>`: one conversation. */
export interface ParleyChatElement extends ParleyElement {}

/** `<parley-inbox>`: the conversations of a user, and the chosen one. */
export interface ParleyInboxElement extends ParleyElement {}

/** What is unread. */
export interface ParleyUnread {
  /** messages, and replies in threads that the user follows */
  readonly count: number;
  /** messages that mention the user */
  readonly mentions: number;
}

/** What went wrong. */
export interface ParleyError {
  /**
   * `signed_out`: there is no token that the server takes · `no_token`: `getToken` has thrown, and there is no
   * token that holds · `forbidden`: the server lets no page of this origin connect · `not_loaded`: a part of the element's script is missing · else the code of a call that
   * was refused, such as `not_found`, or `no_answer`
   */
  readonly code: string;
}

/** A message of another user. */
export interface ParleyMessage {
  readonly conversation_id: number;
  /** the place in the conversation */
  readonly seq: number;
  readonly sender: { readonly id: number; readonly username: string; readonly nickname: string };
  /** `text`, `image`, `file` and others */
  readonly kind: string;
  /** the fields of the kind, such as `text` */
  readonly body: object;
  /** in ms since 1970 */
  readonly created_at: number;
}

/** What the user looks at. */
export interface ParleyOpen {
  /** the id of the conversation; undefined: the list alone */
  readonly conversation: number | undefined;
  /** the `seq` of the message whose thread is open; undefined: none is */
  readonly thread: number | undefined;
}

/** The events of the elements. They bubble. */
export interface ParleyEventMap {
  "parley-ready": CustomEvent<undefined>;
  "parley-error": CustomEvent<ParleyError>;
  "parley-unread": CustomEvent<ParleyUnread>;
  "parley-message": CustomEvent<{ readonly message: ParleyMessage }>;
  "parley-open": CustomEvent<ParleyOpen>;
}

/** What the elements take in JSX. React 19 and Preact set a property where the element has one. */
export interface ParleyAttributes {
  conversation?: number | string | undefined;
  /** of `<parley-inbox>` alone */
  space?: number | string | undefined;
  token?: string | undefined;
  getToken?: GetToken | undefined;
  server?: string | undefined;
  lang?: string | undefined;
  theme?: "light" | "dark" | undefined;
  id?: string | undefined;
  class?: string | undefined;
  className?: string | undefined;
  slot?: string | undefined;
  hidden?: boolean | undefined;
  style?: object | string | undefined;
  ref?: unknown;
  key?: string | number | bigint | null | undefined;
  "onparley-ready"?: ((event: ParleyEventMap["parley-ready"]) => void) | undefined;
  "onparley-error"?: ((event: ParleyEventMap["parley-error"]) => void) | undefined;
  "onparley-unread"?: ((event: ParleyEventMap["parley-unread"]) => void) | undefined;
  "onparley-message"?: ((event: ParleyEventMap["parley-message"]) => void) | undefined;
  "onparley-open"?: ((event: ParleyEventMap["parley-open"]) => void) | undefined;
}

/** The elements for `JSX.IntrinsicElements` of React or Preact. */
export interface ParleyElements {
  "parley-chat": ParleyAttributes;
  "parley-inbox": ParleyAttributes;
}

declare global {
  interface HTMLElementTagNameMap {
    "parley-chat": ParleyChatElement;
    "parley-inbox": ParleyInboxElement;
  }
  interface HTMLElementEventMap extends ParleyEventMap {}
}
