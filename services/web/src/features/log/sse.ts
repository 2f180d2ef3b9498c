// Server-sent events out of a stream of text, as the specification cuts them: a blank line ends an event. Pure.

export interface ServerEvent {
  name: string;
  data: string;
  id: string;
}

/** Feed it pieces as they come; it returns the events that are complete. */
export class EventParser {
  private rest = "";
  private id = "";
  /** When to come again, as the server asks; in milliseconds. */
  retry: number | null = null;

  push(piece: string): ServerEvent[] {
    this.rest += piece;
    const events: ServerEvent[] = [];
    for (let end = this.rest.indexOf("\n\n"); end >= 0; end = this.rest.indexOf("\n\n")) {
      const event = this.read(this.rest.slice(0, end));
      this.rest = this.rest.slice(end + 2);
      if (event) events.push(event);
    }
    return events;
  }

  private read(block: string): ServerEvent | null {
    let name = "message";
    const data: string[] = [];
    for (const line of block.split("\n")) {
      if (line.startsWith(":")) continue;
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
      if (field === "event") name = value;
      else if (field === "data") data.push(value);
      else if (field === "id") this.id = value;
      else if (field === "retry" && /^\d+$/.test(value)) this.retry = Number(value);
    }
    return data.length > 0 ? { name, data: data.join("\n"), id: this.id } : null;
  }
}
