/** Hand the user a file that the page has made. */
export function saveFile(name: string, type: string, content: BlobPart): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name.replaceAll(":", "-");
  link.click();
  // The download has taken hold of the content by the next task.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
