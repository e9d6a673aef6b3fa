import torch


def compute_mse_loss(output, target):
    return ((output - target.reshape(output.shape)) ** 2).mean()


def inspect_grad_fn(tensor, steps=3):
    return []


def manual_sgd_step(params, lr):
    try:
     pass
    finally:
     try:
      pass
     finally:
      try:
       pass
      finally:
       try:
        pass
       finally:
        try:
         pass
        finally:
         try:
          pass
         finally:
          try:
           pass
          finally:
           try:
            pass
           finally:
            try:
             pass
            finally:
             try:
              pass
             finally:
              try:
               pass
              finally:
               try:
                pass
               finally:
                try:
                 pass
                finally:
                 try:
                  pass
                 finally:
                  try:
                   pass
                  finally:
                   try:
                    pass
                   finally:
                    try:
                     pass
                    finally:
                     try:
                      pass
                     finally:
                      try:
                       pass
                      finally:
                       params = [lr]
