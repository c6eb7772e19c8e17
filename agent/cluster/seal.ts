import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** Encrypts what may lie in the cluster but not in clear (security §1.1): AES-256-GCM under a key made of the install key. */
export interface Sealer {
  /** `about` is bound to it, so that a sealed text cannot stand for another one. */
  seal(text: string, about: string): string;
  /** Undefined: another key, another `about`, or not what was sealed. */
  open(sealed: string, about: string): string | undefined;
}

const [nonceBytes, tagBytes] = [12, 16];

export function createSealer(installKey: Uint8Array): Sealer {
  const key = new Uint8Array(hkdfSync("sha256", installKey, "", "holdfast kept copies", 32));
  return {
    seal: (text, about) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(about));
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64");
    },
    open: (sealed, about) => {
      const bytes = Buffer.from(sealed, "base64");
      const tag = bytes.subarray(nonceBytes, nonceBytes + tagBytes);
      if (tag.length !== tagBytes) return undefined;
      const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceBytes));
      decipher.setAAD(Buffer.from(about)).setAuthTag(tag);
      try {
        const body = decipher.update(bytes.subarray(nonceBytes + tagBytes));
        return Buffer.concat([body, decipher.final()]).toString("utf8");
      } catch {
        return undefined; // the only thing final() throws for: it does not authenticate
      }
    },
  };
}
