import { ChatError, CODES, unsupported } from "../error.ts";
import { trusted } from "../json.ts";
import type { Fields } from "../types.ts";

/** What the server answers. Beside `data` a page has where the next one begins. */
export interface Envelope extends Fields {
  code: number;
  msg: string;
  data: unknown;
}

/** A call without an answer ends after this time, in ms. */
const ANSWER_TIME = 30_000;

/** Makes calls with the token of who is signed in. */
export class Http {
  readonly server: string;
  token = "";
  /** the token is no longer one */
  onSessionOver: () => void = () => undefined;

  constructor(server: string) {
    this.server = /^.*[^/]/s.exec(server)?.[0] ?? "";
  }

  /**
   * @returns the whole envelope
   * @throws ChatError
   */
  async call(path: string, body: object = {}): Promise<Envelope> {
    const headers = { "Content-Type": "application/json", token: this.token };
    // Not every platform has AbortSignal.timeout.
    const ending = new AbortController();
    const timer = setTimeout(() => ending.abort(), ANSWER_TIME);
    const init = { method: "POST", headers, body: JSON.stringify(body), signal: ending.signal };
    const text = await fetch(this.server + path, init)
      .then(textOf, failed)
      .finally(() => clearTimeout(timer));
    return this.#read(path, text);
  }

  /** `data` of an answer. @throws ChatError */
  async data<T>(path: string, body: object = {}): Promise<T> {
    const { data } = await this.call(path, body);
    return trusted(JSON.stringify(data));
  }

  /**
   * Sends a form.
   * @param onProgress hears the part that is up, where the platform tells it
   */
  async form(path: string, form: FormData, onProgress: (part: number) => void): Promise<Envelope> {
    const text = await upload(this.server + path, this.token, form, onProgress);
    return this.#read(path, text);
  }

  #read(path: string, { status, body }: { status: number; body: string }): Envelope {
    if (status === 404) throw unsupported(path);
    let envelope: Envelope;
    try {
      envelope = trusted(body);
    } catch {
      throw new ChatError(CODES.network, `${path}: the server answers ${status}`);
    }
    const { code, msg, data } = envelope;
    if (code === 0) return envelope;
    if (code === CODES.sessionOver) this.onSessionOver();
    throw new ChatError(code, msg, trusted(JSON.stringify(data ?? {})));
  }
}

interface Text {
  status: number;
  body: string;
}

async function textOf(response: Response): Promise<Text> {
  return { status: response.status, body: await response.text().catch(failed) };
}

function failed(): never {
  throw new ChatError(CODES.network, "The server cannot be reached.");
}

function upload(
  url: string,
  token: string,
  form: FormData,
  onProgress: (part: number) => void,
): Promise<Text> {
  if (typeof XMLHttpRequest === "undefined") {
    const sent = fetch(url, { method: "POST", headers: { token }, body: form }).then(textOf, failed);
    void sent.then(
      () => onProgress(1),
      () => undefined,
    );
    return sent;
  }
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("token", token);
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onload = () => resolve({ status: request.status, body: request.responseText });
    request.onerror = () => reject(new ChatError(CODES.network, "The server cannot be reached."));
    request.send(form);
  });
}
