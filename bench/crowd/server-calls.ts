import { randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import { z } from "zod";

/** The most users and members of one call. */
const [USERS_OF_CALL, MEMBERS_OF_CALL] = [100, 500];

const Made = z.object({ items: z.array(z.object({ id: z.int() })) });

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** What a server has answered: the length of its JSON in bytes, and the JSON; null if there is none. */
export interface Answer {
  readonly bytes: number;
  readonly json: unknown;
}

/** The calls of a backend, with a server key. */
export class ServerCalls {
  readonly #url: string;
  readonly #key: string;

  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  /**
   * Makes a call, as a user or as the backend itself (null).
   * @throws an Error unless the answer is 2xx
   */
  async call(
    as: number | null,
    path: string,
    body?: object,
    method = body ? "POST" : "GET",
  ): Promise<Answer> {
    const text = body && JSON.stringify(body);
    const headers = {
      Authorization: `Bearer ${this.#key}`,
      ...(as !== null && { "Parley-User": String(as) }),
      ...(text !== undefined && {
        "Content-Type": "application/json",
        "Content-Length": Buffer.byteLength(text),
      }),
    };
    const send = () => ask(this.#url + path, method, headers, text);
    // The server may close a connection that was idle just as it is used again.
    const { status, answer } = await send().catch(send);
    if (status < 200 || status > 299) throw new Error(`${method} ${path}: ${status} ${answer.slice(0, 200)}`);
    return { bytes: Buffer.byteLength(answer), json: answer === "" ? null : JSON.parse(answer) };
  }

  /** Makes users with names of their own. @returns their ids */
  async makeUsers(count: number): Promise<number[]> {
    const ids: number[] = [];
    while (ids.length < count) {
      const items = Array.from({ length: Math.min(USERS_OF_CALL, count - ids.length) }, () => ({
        external_id: randomUUID(),
        nickname: `Member ${randomUUID().slice(0, 8)}`,
      }));
      const { json } = await this.call(null, "/v1/server/users", { items });
      ids.push(...Made.parse(json).items.map(({ id }) => id));
    }
    return ids;
  }

  /** Makes users members of a group. @param cref its reference: `ext:crowd` */
  async add(cref: string, ids: readonly number[]): Promise<void> {
    for (let at = 0; at < ids.length; at += MEMBERS_OF_CALL) {
      const add = ids.slice(at, at + MEMBERS_OF_CALL).map((ref) => ({ ref }));
      await this.call(null, `/v1/server/conversations/${cref}/members`, { add }, "PATCH");
    }
  }
}

/** Makes a request. */
function ask(
  url: string,
  method: string,
  headers: Record<string, string | number>,
  text: string | undefined,
): Promise<{ status: number; answer: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; answer: string }>();
  const asked = request(url, { agent, method, headers });
  asked.on("error", reject);
  asked.on("response", async (response) => {
    const answer = (await response.toArray()).join("");
    resolve({ status: response.statusCode ?? 0, answer });
  });
  asked.end(text);
  return promise;
}
