import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** As Express has them: the body is what a handler before has made of it. */
interface Request extends IncomingMessage {
  body?: Buffer | object;
}
interface Response extends ServerResponse {
  status(code: number): this;
}
type Handler = (request: Request, response: Response, next: () => void) => void;

/** What the README needs of Express, which is no dependency: routes, `express.raw`, `response.status`. */
function express() {
  const routes = new Map<string, Handler[]>();
  return {
    post: (path: string, ...handlers: Handler[]) => void routes.set(path, handlers),
    listen: () => {
      const server = createServer((request: Request, response) => {
        const answer: Response = Object.assign(response, {
          status(code: number) {
            response.statusCode = code;
            return answer;
          },
        });
        const run = ([handler, ...rest]: Handler[]) => handler?.(request, answer, () => run(rest));
        run(routes.get(request.url ?? "") ?? []);
      });
      server.listen(0, "127.0.0.1", () => console.log(JSON.stringify(server.address())));
    },
  };
}

/** Reads bodies of a type as bytes. Of other types `body` is an empty object. */
express.raw =
  ({ type }: { type: string }): Handler =>
  async (request, _response, next) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const isType = request.headers["content-type"]?.split(";")[0] === type;
    request.body = isType ? Buffer.concat(chunks) : {};
    next();
  };

export default express;
