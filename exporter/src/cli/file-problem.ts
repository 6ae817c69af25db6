/** What is wrong with a file, in words; other errors as they are. */
export function fileProblem(error: NodeJS.ErrnoException): string {
  switch (error.code ?? '') {
    case 'ENOENT':
      return 'does not exist';
    case 'EACCES':
      return 'may not be read by this user';
    case 'EISDIR':
      return 'is a folder';
    default:
      return error.message;
  }
}
