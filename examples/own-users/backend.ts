/** The backend of the product: it makes users and their conversation, and hears of each message. */
import { createServer } from "node:http";
import { Parley, verifyHook } from "parley-server";

const { PORT, PARLEY_URL = "", PARLEY_KEY = "" } = process.env;
const parley = new Parley({ url: PARLEY_URL, key: PARLEY_KEY });

// As the product has them. The ids are those that the issuer calls `sub`.
await parley.users.upsertMany([
  { external_id: "ann", nickname: "Ann" },
  { external_id: "ben", nickname: "Ben" },
]);
const { id } = await parley.conversations.put("ext:lunch", {
  name: "Lunch",
  members: ["ext:ann", "ext:ben"],
});

const url = `http://localhost:${PORT}/hook`;
const { secret } = await parley.hooks.create({ url, events: ["message.created"] });

const server = createServer(async (request, response) => {
  if (request.url === "/api/conversation") return void response.end(`${id}`);
  if (request.url !== "/hook") return void response.writeHead(404).end();
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    const event = await verifyHook({ headers: request.headers, body: Buffer.concat(chunks) }, secret);
    if (event.type === "message.created") {
      const { sender, body } = event.data.message;
      console.log(`hook: ${sender.nickname}: ${"text" in body ? body.text : ""}`);
    }
    response.writeHead(204).end();
  } catch {
    response.writeHead(400).end();
  }
});
server.listen(PORT, () => console.log("backend: ready"));
