/** The server's certificate: read, made at the first start, read again on reload. */
import { createHash, X509Certificate } from "node:crypto";
import { chmod, link, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer, type Server, type TLSSocket, type TlsOptions } from "node:tls";
import { generate } from "selfsigned";

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Authorities of client certificates; with it every client is asked for one, and may have none. */
  readonly clientCaFile?: string | undefined;
}

export interface Certificate {
  /** Undefined when the client breaks the handshake off. The client's own certificate has been judged: `authorized`. */
  accept(plain: Socket): Promise<TLSSocket | undefined>;
  /** tls-server-end-point, what SCRAM binds to; undefined for a signature without a hash of its own (Ed25519). */
  readonly hash: Buffer | undefined;
}

/** Named in ALPN by clients as of PostgreSQL 17. https://www.iana.org/assignments/tls-extensiontype-values */
export const protocolName = "postgresql";

/** An Error that names the file when one is missing, unfit or open to others. */
export async function loadCertificate(files: TlsFiles): Promise<Certificate> {
  const { clientCaFile } = files;
  const [cert, key, ca] = await Promise.all([
    readFile(files.certFile),
    readKey(files.keyFile),
    clientCaFile === undefined ? undefined : readFile(clientCaFile),
  ]);
  try {
    const acceptor = new Acceptor({ cert, key, minVersion: "TLSv1.2", ...(ca ? { ca } : {}) });
    const hash = endPointHash(new X509Certificate(cert).raw);
    return { hash, accept: (plain) => acceptor.accept(plain) };
  } catch (cause) {
    throw new Error(`${files.certFile} and ${files.keyFile} are not a certificate and its key`, {
      cause,
    });
  }
}

/**
 * Handshakes on sockets that were opened elsewhere. A server that listens to nothing does it, because only a server
 * asks OpenSSL what it thinks of the client's certificate.
 */
class Acceptor {
  readonly #server: Server;
  readonly #waiting = new Map<string, (secure: TLSSocket | undefined) => void>();

  constructor(options: TlsOptions) {
    this.#server = createServer({
      ...options,
      // A certificate that is not in order is none: the [[hba]] rule decides whether one is needed.
      requestCert: options.ca !== undefined,
      rejectUnauthorized: false,
      ALPNProtocols: [protocolName],
    });
    this.#server.on("secureConnection", (secure) => this.#done(secure, secure));
    this.#server.on("tlsClientError", (_, secure) => this.#done(secure, undefined));
  }

  accept(plain: Socket): Promise<TLSSocket | undefined> {
    const place = placeOf(plain);
    return new Promise((resolve) => {
      this.#waiting.set(place, resolve);
      plain.once("close", () => this.#settle(place, undefined));
      this.#server.emit("connection", plain);
    });
  }

  #done(of: TLSSocket, secure: TLSSocket | undefined): void {
    this.#settle(placeOf(of), secure);
  }

  #settle(place: string, secure: TLSSocket | undefined): void {
    this.#waiting.get(place)?.(secure);
    this.#waiting.delete(place);
  }
}

/** No two open sockets share it. */
function placeOf({ remoteAddress, remotePort, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localPort}`;
}

/** Makes a self-signed pair where there is none: valid for ten years, for this host's names and loopback. */
export async function ensureSelfSigned(files: TlsFiles): Promise<void> {
  if (await exists(files.keyFile)) return untilThere(files.certFile);
  const altNames = ["localhost", hostname()].map((value) => ({ type: 2 as const, value }));
  const addresses = ["127.0.0.1", "::1"].map((ip) => ({ type: 7 as const, ip }));
  const notAfterDate = new Date();
  notAfterDate.setFullYear(notAfterDate.getFullYear() + 10);
  const pair = await generate([{ name: "commonName", value: hostname() }], {
    keyType: "ec",
    algorithm: "sha256",
    notAfterDate,
    extensions: [
      // The certificate is its own authority: clients give it as sslrootcert.
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", digitalSignature: true, keyCertSign: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: [...altNames, ...addresses] },
    ],
  });
  // Of several servers that start on one folder the first to have a key makes the certificate.
  if (!(await putKey(files.keyFile, pair.private))) return untilThere(files.certFile);
  await replace(files.certFile, pair.cert, 0o644);
}

/** False: another server was first. */
async function putKey(file: string, text: string): Promise<boolean> {
  const draft = `${file}.${process.pid}`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(draft, text, { mode: 0o600 });
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Whoever has put the key is about to put the certificate; when it never comes, reading it says so. */
async function untilThere(file: string): Promise<void> {
  for (let left = 100; left > 0 && !(await exists(file)); left--) await sleep(20);
}

/** PostgreSQL's rule: a key others can read is not a secret. */
async function readKey(file: string): Promise<Buffer> {
  const { mode } = await stat(file);
  if (process.platform !== "win32" && (mode & 0o077) !== 0)
    throw new Error(
      `private key file "${file}" has group or world access; its mode should be 0600`,
    );
  return readFile(file);
}

/** Whole or not at all: a start that is interrupted leaves no half of a key. */
async function replace(file: string, text: string, mode: number): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.new`;
  await writeFile(draft, text, { mode });
  await chmod(draft, mode);
  await rename(draft, file);
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** RFC 5929 section 4.1: the hash of the certificate's signature, SHA-256 in place of MD5 and SHA-1. */
function endPointHash(der: Buffer): Buffer | undefined {
  const algorithm = signatureHashes[signatureOid(der)];
  return algorithm === undefined ? undefined : createHash(algorithm).update(der).digest();
}

/** By the object identifier in hexadecimal DER. RSASSA-PSS keeps its hash in parameters, so it is not here. */
const signatureHashes: Readonly<Record<string, string>> = {
  "2a864886f70d010104": "sha256", // md5WithRSAEncryption
  "2a864886f70d010105": "sha256", // sha1WithRSAEncryption
  "2a864886f70d01010b": "sha256",
  "2a864886f70d01010c": "sha384",
  "2a864886f70d01010d": "sha512",
  "2a864886f70d01010e": "sha224",
  "2a8648ce3d0401": "sha256", // ecdsa-with-SHA1
  "2a8648ce3d040301": "sha224",
  "2a8648ce3d040302": "sha256",
  "2a8648ce3d040303": "sha384",
  "2a8648ce3d040304": "sha512",
};

/** Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OID, … }, signature } */
function signatureOid(der: Buffer): string {
  const certificate = element(der, 0);
  const signed = element(der, certificate.start);
  const algorithm = element(der, signed.end);
  const oid = element(der, algorithm.start);
  return der.subarray(oid.start, oid.end).toString("hex");
}

/** Where the content of the DER element at `at` starts and ends. */
function element(der: Buffer, at: number): { readonly start: number; readonly end: number } {
  const first = der.readUInt8(at + 1);
  if (first < 0x80) return { start: at + 2, end: at + 2 + first };
  const size = first & 0x7f;
  const start = at + 2 + size;
  return { start, end: start + der.readUIntBE(at + 2, size) };
}
