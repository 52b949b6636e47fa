// The address names the conversation and the token: `#conversation=1&token=…`. A product asks its own server.
const given = new URLSearchParams(location.hash.slice(1));
const unread = document.querySelector("output");

for (const chat of document.querySelectorAll("parley-chat, parley-inbox")) {
  chat.getToken = (refused) => (refused === undefined ? given.get("token") : null);
  if (given.has("conversation")) chat.setAttribute("conversation", given.get("conversation"));
  chat.addEventListener("parley-unread", ({ detail }) => {
    unread.value = detail.count;
  });
  chat.addEventListener("parley-error", ({ detail }) => {
    unread.value = detail.code;
  });
}
