import { expect, test } from "vitest";
import { lexicalEmbedder } from "./lexical.ts";

const signal = new AbortController().signal;

/** Packages of Debian 12 and their short descriptions. */
const packages: Readonly<Record<string, string>> = {
  nginx: "small, powerful, scalable web/proxy server",
  haproxy: "fast and reliable load balancing reverse proxy",
  apache2: "Apache HTTP Server",
  perlbal: "Perl-based reverse proxy load balancer and web server",
  pushpin: "HTTP reverse proxy server for streaming and long-polling services",
  varnish: "state of the art, high-performance web accelerator",
  squid: "Full featured Web Proxy cache (HTTP proxy GnuTLS flavour)",
  "postgresql-15": "The World's Most Advanced Open Source Relational Database",
  "mariadb-server": "MariaDB database server binaries",
  sqlite3: "Command line interface for SQLite 3",
  "redis-server": "Persistent key-value database with network interface",
  gimp: "GNU Image Manipulation Program",
  inkscape: "vector-based drawing program",
  netpbm: "Graphics conversion tools between image formats",
  imagemagick: "image manipulation programs -- binaries",
  vim: "Vi IMproved - enhanced vi editor",
  nano: "small, friendly text editor inspired by Pico",
  emacs: "GNU Emacs editor (metapackage)",
  kate: "powerful text editor",
  octave: "GNU Octave language for numerical computations",
  scilab: "Scientific software package for numerical computations",
  "python3-numpy": "Fast array facility to the Python 3 language",
  gnuchess: "Plays a game of chess, either against the user or against itself",
  stockfish: "strong chess engine, to play chess against",
  xboard: "X Window System Chess Board",
  exim4: "metapackage to ease Exim MTA (v4) installation",
  postfix: "High-performance mail transport agent",
  "dovecot-imapd": "secure POP3/IMAP server - IMAP daemon",
  mutt: "text-based mailreader supporting MIME, GPG, PGP and threading",
  git: "fast, scalable, distributed revision control system",
  subversion: "Advanced version control system",
  mercurial: "easy-to-use, scalable distributed version control system",
  gcc: "GNU C compiler",
  clang: "C, C++ and Objective-C compiler (LLVM based), clang binary",
  ffmpeg: "Tools for transcoding, streaming and playing of multimedia files",
  vlc: "multimedia player and streamer",
  audacity: "fast, cross-platform audio editor",
  cowsay: "configurable talking cow",
  curl: "command line tool for transferring data with URL syntax",
  wget: "retrieves files from the web",
  rsync: "fast, versatile, remote (and local) file-copying tool",
  tar: "GNU version of the tar archiving utility",
  zip: "Archiver for .zip files",
  htop: "interactive processes viewer",
  tmux: "terminal multiplexer",
  screen: "terminal multiplexer with VT100/ANSI terminal emulation",
  nmap: "The Network Mapper",
  wireshark: "network traffic analyzer - meta-package",
  tcpdump: "command-line network traffic analyzer",
  "docker.io": "Linux container runtime",
  podman: "engine to run OCI-based containers in Pods",
};

async function nearest(query: string, count: number): Promise<string[]> {
  const embedder = lexicalEmbedder();
  embedder.observe(Object.values(packages));
  const vectors = await embedder.embed(Object.values(packages), signal);
  const [asked] = await embedder.embed([query], signal);
  return Object.keys(packages)
    .map((name, at) => ({ name, score: dot(vectors[at], asked) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, count)
    .map(({ name }) => name);
}

function dot(a: Float32Array = new Float32Array(), b: Float32Array = new Float32Array()): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}

test("a question finds the packages whose description shares its words", async () => {
  expect(await nearest("web server with reverse proxy", 5)).toEqual(
    expect.arrayContaining(["haproxy", "nginx"]),
  );
  expect((await nearest("playing chess", 3)).sort()).toEqual(["gnuchess", "stockfish", "xboard"]);
  expect(await nearest("tool to convert images", 3)).toContain("netpbm");
});

test("forms of one word and misspelled words are near each other", async () => {
  const embedder = lexicalEmbedder();
  const [one, other, wrong, foreign] = await embedder.embed(
    ["managing databases", "manages a database", "managing databasse", "cooks fish"],
    signal,
  );
  expect(dot(one, other)).toBeGreaterThan(0.8);
  expect(dot(one, wrong)).toBeGreaterThan(0.4);
  expect(Math.abs(dot(one, foreign))).toBeLessThan(0.2);
});

test("the same text gives the same vector, also with statistics that were stored", async () => {
  const first = lexicalEmbedder();
  first.observe(Object.values(packages));
  const state = first.state();
  const second = lexicalEmbedder(state);
  expect(second.state()).toEqual(state);
  expect(await second.embed(["fast web server"], signal)).toEqual(
    await lexicalEmbedder(state).embed(["fast web server"], signal),
  );
});

test("vectors have length one, and a text of nothing has none", async () => {
  const [some, none] = await lexicalEmbedder().embed(["größte Übung", " … the of "], signal);
  expect(dot(some, some)).toBeCloseTo(1, 5);
  expect(none?.every((value) => value === 0)).toBe(true);
});

test("damaged statistics are refused", () => {
  expect(() => lexicalEmbedder(new Uint8Array(5))).toThrowError(
    expect.objectContaining({ sqlstate: "XX001" }),
  );
});
