/* Asks the C library it is linked with, as a program would; prints the address or why there is none. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **names) {
  for (int at = 1; at < count; at++) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = 0;
    int code = getaddrinfo(names[at], 0, &hints, &found);
    if (code != 0) {
      printf("%s none\n", names[at]);
      continue;
    }
    printf("%s", names[at]);
    for (struct addrinfo *one = found; one; one = one->ai_next) {
      char text[INET6_ADDRSTRLEN] = "";
      if (one->ai_family == AF_INET)
        inet_ntop(AF_INET, &((struct sockaddr_in *)one->ai_addr)->sin_addr, text, sizeof text);
      else
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)one->ai_addr)->sin6_addr, text, sizeof text);
      printf(" %s", text);
    }
    printf("\n");
    freeaddrinfo(found);
  }
  return 0;
}
