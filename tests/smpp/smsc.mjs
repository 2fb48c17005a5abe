// An SMSC over TCP for the tests, on the npm library `smpp`: its formats and its alphabet are not
// those of the product. It keeps what it cannot bring, and brings it again, as an SMSC does.
// Orders come in as JSON lines; what happens goes out as JSON lines.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const smpp = createRequire(import.meta.url)("smpp");
const given = JSON.parse(process.argv[2]);
const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

const bound = new Set();
const faults = []; // one for each coming submit_sm, then every one is taken
const states = new Map(); // message_state by id, for query_sm
const waiting = []; // deliver_sm that nobody has taken yet
let next = given.first ?? 1000;
let isMute = false;
let server;

function idOf(number, base) {
  return base === 16 ? number.toString(16).toUpperCase() : String(number).padStart(10, "0");
}

function bring(options, tag) {
  const delivery = { options, tag };
  waiting.push(delivery);
  attempt(delivery);
}

function attempt(delivery) {
  const [session] = [...bound].filter((each) => each.canReceive);
  if (!session || delivery.isUnderWay) return;
  delivery.isUnderWay = true;
  session.under ??= new Set();
  session.under.add(delivery);
  session.deliver_sm({ ...delivery.options }, (answer) => {
    session.under.delete(delivery);
    delivery.isUnderWay = false;
    say({ event: "delivered", tag: delivery.tag, status: answer.command_status });
    if (answer.command_status === 0) waiting.splice(waiting.indexOf(delivery), 1);
    else setTimeout(() => attempt(delivery), 150);
  });
}

function receipt(id, number, stat, { tlv = false, text = true, to = "3197010250001" } = {}) {
  const states = { ENROUTE: 1, DELIVRD: 2, EXPIRED: 3, UNDELIV: 5, ACCEPTD: 6, REJECTD: 8 };
  const words =
    `id:${id} sub:001 dlvrd:001 submit date:2611230930 done date:2611230931 ` +
    `stat:${stat} err:000 text:Bent u er`;
  bring(
    {
      source_addr: number,
      source_addr_ton: 1,
      source_addr_npi: 1,
      destination_addr: to,
      dest_addr_ton: 1,
      dest_addr_npi: 1,
      esm_class: 4,
      short_message: Buffer.from(text ? words : "", "latin1"),
      ...(tlv ? { receipted_message_id: id, message_state: states[stat] } : {}),
    },
    `receipt ${id} ${stat}`,
  );
}

function submitted(session, pdu) {
  const fault = faults.shift() ?? {};
  const number = next;
  const answered = idOf(number, given.ids === "hex-then-decimal" ? 16 : 10);
  const { udh, message } = pdu.short_message;
  const words = {
    event: "submit",
    id: answered,
    from: pdu.source_addr,
    fromKind: pdu.source_addr_ton,
    to: pdu.destination_addr,
    text: String(message),
    udh: udh ? Buffer.concat(udh.map((each) => Buffer.from(each))).toString("hex") : "",
    coding: pdu.data_coding,
    esm: pdu.esm_class,
    validity: pdu.validity_period instanceof Date
      ? Math.round((pdu.validity_period - Date.now()) / 1000) : String(pdu.validity_period),
    receipt: pdu.registered_delivery,
  };
  if (fault.drop === "before") return session.destroy();
  if (fault.status) {
    say({ ...words, event: "refused", status: fault.status });
    return session.send(pdu.response({ command_status: fault.status }));
  }
  next += 1;
  states.set(answered, 1);
  say(words);
  if (fault.drop === "after") return session.destroy();
  if (fault.mute || isMute) return undefined;
  const answer = () => session.send(pdu.response({ message_id: fault.nameless ? "" : answered }));
  if (fault.late) setTimeout(answer, fault.late);
  else answer();
  if (given.receipts && pdu.registered_delivery & 1) {
    const id = idOf(number, 10);
    setTimeout(() => receipt(id, pdu.destination_addr, given.receipts), 20);
  }
  return undefined;
}

function bind(session, pdu, canReceive) {
  say({ event: "bind", as: pdu.command, system: pdu.system_id, type: pdu.system_type });
  if (pdu.system_id !== given.system) {
    return session.send(pdu.response({ command_status: smpp.ESME_RINVSYSID }));
  }
  if (pdu.password !== given.password) {
    return session.send(pdu.response({ command_status: smpp.ESME_RINVPASWD }));
  }
  session.canReceive = canReceive;
  bound.add(session);
  session.send(pdu.response({ system_id: "smsc" }));
  if (canReceive) waiting.forEach(attempt);
  return undefined;
}

function received(session) {
  session.on("error", () => session.destroy());
  session.on("bind_transceiver", (pdu) => bind(session, pdu, true));
  session.on("bind_transmitter", (pdu) => bind(session, pdu, false));
  session.on("submit_sm", (pdu) => bound.has(session) && submitted(session, pdu));
  session.on("enquire_link", (pdu) => {
    say({ event: "enquire" });
    if (!isMute) session.send(pdu.response());
  });
  session.on("enquire_link_resp", () => say({ event: "alive" }));
  session.on("query_sm", (pdu) => {
    const state = states.get(pdu.message_id);
    say({ event: "query", id: pdu.message_id });
    session.send(pdu.response(
      state ? { message_id: pdu.message_id, message_state: state } : { command_status: 0x67 },
    ));
  });
  session.on("unbind", (pdu) => {
    say({ event: "unbind" });
    session.send(pdu.response());
    session.close();
  });
  session.on("close", () => {
    bound.delete(session);
    for (const delivery of session.under ?? []) delivery.isUnderWay = false;
    say({ event: "closed" });
  });
}

function listen(port) {
  const tls = given.key
    ? { key: readFileSync(given.key), cert: readFileSync(given.cert) } : {};
  server = smpp.createServer(tls, received);
  server.listen(port, "127.0.0.1", () => {
    given.port = server.address().port;
    say({ event: "listening", port: given.port });
  });
}

const orders = {
  fault: ({ many = 1, ...fault }) => { for (let n = 0; n < many; n += 1) faults.push(fault); },
  mute: ({ on }) => { isMute = on; },
  state: ({ id, state }) => states.set(id, state),
  receipt: ({ id, number, stat, ...more }) => receipt(id, number, stat, more),
  deliver: ({ tag, hex, ...options }) => bring(
    { source_addr_ton: 1, source_addr_npi: 1, dest_addr_ton: 1, dest_addr_npi: 1, ...options,
      ...(hex === undefined ? {} : { short_message: Buffer.from(hex, "hex") }) }, tag),
  raw: ({ hex }) => bound.forEach((each) => each.socket.write(Buffer.from(hex, "hex"))),
  enquire: () => bound.forEach((each) => each.enquire_link()),
  unbind: () => bound.forEach((each) => each.unbind()),
  hangup: () => bound.forEach((each) => each.destroy()),
  stop: () => { server.close(); bound.forEach((each) => each.destroy()); },
  start: () => listen(given.port),
};

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const order = JSON.parse(line);
    orders[order.do](order);
    say({ event: "done" });
  })
  .on("close", () => process.exit(0));
listen(given.port ?? 0);
