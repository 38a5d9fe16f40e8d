/* Calls an exported model from C, through the library of the tensorflow wheel.
 *
 *   consumer FOLDER OUTPUT OPERATION:INDEX KIND OPERATION:INDEX VALUE [KIND ...]
 *
 * OUTPUT is "string" or "float", KIND is "string" or "int64"; a batch has one row. Names of
 * operations are those of the signature, as `saved_model_cli show` tells them. Prints the
 * output's text, or its numbers one a line.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/c/c_api.h"

#define MOST_INPUTS 4

static void stop_at_error(const TF_Status *status) {
  if (TF_GetCode(status) != TF_OK) {
    fprintf(stderr, "%s\n", TF_Message(status));
    exit(1);
  }
}

/* "operation:index" to what it names; the model was loaded into `graph`. */
static TF_Output tensor_of(TF_Graph *graph, const char *name) {
  const char *colon = strrchr(name, ':');
  char operation[256] = {0};
  if (colon == NULL || (size_t)(colon - name) >= sizeof operation) {
    fprintf(stderr, "%s is not OPERATION:INDEX\n", name);
    exit(1);
  }
  memcpy(operation, name, (size_t)(colon - name));
  TF_Output found = {TF_GraphOperationByName(graph, operation), atoi(colon + 1)};
  if (found.oper == NULL) {
    fprintf(stderr, "there is no operation %s\n", operation);
    exit(1);
  }
  return found;
}

/* A batch of one row. */
static TF_Tensor *row_of(const char *kind, const char *value) {
  const int64_t one_row[] = {1};
  if (strcmp(kind, "int64") == 0) {
    TF_Tensor *tensor = TF_AllocateTensor(TF_INT64, one_row, 1, sizeof(int64_t));
    *(int64_t *)TF_TensorData(tensor) = strtoll(value, NULL, 10);
    return tensor;
  }
  TF_Tensor *tensor = TF_AllocateTensor(TF_STRING, one_row, 1, sizeof(TF_TString));
  TF_TString *text = TF_TensorData(tensor);
  TF_TString_Init(text);
  TF_TString_Copy(text, value, strlen(value));
  return tensor;
}

static void print(const char *kind, const TF_Tensor *tensor) {
  if (strcmp(kind, "string") == 0) {
    const TF_TString *text = TF_TensorData(tensor);
    fwrite(TF_TString_GetDataPointer(text), 1, TF_TString_GetSize(text), stdout);
    return;
  }
  const float *numbers = TF_TensorData(tensor);
  for (int64_t i = 0; i < TF_TensorElementCount(tensor); ++i) printf("%.9g\n", numbers[i]);
}

int main(int argc, char **argv) {
  const int num_inputs = (argc - 4) / 3;
  if (argc < 7 || argc != 4 + 3 * num_inputs || num_inputs > MOST_INPUTS) return 2;
  TF_Status *status = TF_NewStatus();
  TF_Graph *graph = TF_NewGraph();
  TF_SessionOptions *options = TF_NewSessionOptions();
  const char *tags[] = {"serve"};
  TF_Session *session =
      TF_LoadSessionFromSavedModel(options, NULL, argv[1], tags, 1, graph, NULL, status);
  stop_at_error(status);

  TF_Output inputs[MOST_INPUTS];
  TF_Tensor *rows[MOST_INPUTS];
  for (int i = 0; i < num_inputs; ++i) {
    char **given = argv + 4 + 3 * i;
    inputs[i] = tensor_of(graph, given[1]);
    rows[i] = row_of(given[0], given[2]);
  }
  const TF_Output output = tensor_of(graph, argv[3]);
  TF_Tensor *answer = NULL;
  TF_SessionRun(session, NULL, inputs, rows, num_inputs, &output, &answer, 1, NULL, 0, NULL,
                status);
  stop_at_error(status);
  print(argv[2], answer);

  for (int i = 0; i < num_inputs; ++i) TF_DeleteTensor(rows[i]);
  TF_DeleteTensor(answer);
  TF_CloseSession(session, status);
  TF_DeleteSession(session, status);
  TF_DeleteSessionOptions(options);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
  return 0;
}
